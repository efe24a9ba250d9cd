import { type Command, InvalidArgumentError, Option } from 'commander';
import { ProgressBar } from './progress-bar';
import { report, type ReportFormat } from './report';
import { fixedAlarm } from './rules/fixed-alarm';
import { judgeRule } from './rules/judge-rule';
import { mannWhitney } from './rules/mann-whitney';
import { zTest } from './rules/z-test';
import type { Incident, Scenario } from './scenario';
import { simulate } from './simulate';

interface SimulateOptions {
  readonly rate: number;
  readonly errors: number;
  readonly newErrors?: number;
  readonly latency?: number;
  readonly bursts: number;
  readonly incident?: Incident;
  readonly steps: readonly number[];
  readonly bake: number;
  readonly alpha: number;
  readonly runs: number;
  readonly seed: number;
  readonly format: ReportFormat;
}

/** Adds the command that plays rollouts before they happen. */
export function addSimulateCommand(program: Command): void {
  program
    .command('simulate')
    .description(
      'Play a staged rollout thousands of times through the judge that would decide on it, beside what is used elsewhere:\n' +
        'a fixed alarm, a z-test looked at each minute, and a Mann-Whitney judge at the end of each step.',
    )
    .option('--rate <requests>', 'requests a minute', from(1, 1e7), 600)
    .option('--errors <percent>', 'requests that fail now', from(0, 100), 0.1)
    .option('--new-errors <percent>', 'requests that fail with the new version; without, as many', from(0, 100))
    .option('--latency <times>', 'judge latency, and let the new version take so many times as long', from(0.1, 100))
    .option(
      '--bursts <variation>',
      'how much errors burst: deviation of the rate of a minute over its mean',
      from(0, 10),
      0,
    )
    .option(
      '--incident <percent:from:minutes>',
      'both versions fail like that from a minute on, for some minutes',
      incident,
    )
    .option('--steps <percents>', 'shares of the traffic', percents, [5, 20, 50, 100])
    .option('--bake <minutes>', 'minutes of each step', whole(1, 1440), 10)
    .option('--alpha <chance>', 'chance of a false rollback that the judge may take', from(1e-9, 0.05), 0.01)
    .option('--runs <count>', 'rollouts to play', whole(1, 1e6), 1000)
    .option('--seed <number>', 'the same seed, the same rollouts', whole(0, 2 ** 32 - 1), 1)
    .addOption(
      new Option('-f, --format <format>', 'how outcomes are written').choices(['table', 'json']).default('table'),
    )
    .action((options: SimulateOptions) => {
      const newErrors = options.newErrors ?? options.errors;
      const scenario: Scenario = {
        requestsPerMinute: options.rate,
        steps: options.steps.map((percent) => ({ percent, bakeMinutes: options.bake })),
        errorRate: options.errors / 100,
        newErrorRate: newErrors / 100,
        burstiness: options.bursts,
        reactionMinutes: 1,
        ...(options.latency !== undefined && { latencyFactor: options.latency }),
        ...(options.incident !== undefined && { incident: options.incident }),
      };
      const rules = [judgeRule('the judge', { alpha: options.alpha }), fixedAlarm(0.01), zTest(), mannWhitney()];
      const bar = new ProgressBar(process.stderr, rules.length * options.runs);
      const outcomes = rules.map((rule) => simulate(scenario, rule, options.runs, options.seed, () => bar.advance()));
      bar.end();
      console.log(report(options.format, scenario, options.seed, outcomes));
    });
}

function from(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (!(value >= least && value <= most)) {
      throw new InvalidArgumentError(`It is '${text}', and must be a number of ${least} to ${most}.`);
    }
    return value;
  };
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = from(least, most)(text);
    if (!Number.isInteger(value)) {
      throw new InvalidArgumentError(`It is '${text}', and must be a whole number.`);
    }
    return value;
  };
}

function percents(text: string): number[] {
  const values = text.split(',').map(from(0, 100));
  if (values.length < 2 || values[values.length - 1] !== 100) {
    throw new InvalidArgumentError(
      `It is '${text}', and must be rising shares that end with 100, such as 5,20,50,100.`,
    );
  }
  return values;
}

function incident(text: string): Incident {
  const parts = text.split(':');
  if (parts.length !== 3) {
    throw new InvalidArgumentError(`It is '${text}', and must be like 3:6:5: percent, first minute, minutes.`);
  }
  return { rate: from(0, 100)(parts[0]) / 100, from: whole(1, 1e5)(parts[1]), minutes: whole(1, 1e5)(parts[2]) };
}
