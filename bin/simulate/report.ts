import Table from 'cli-table3';
import { isRegression, type Scenario } from './scenario';
import type { Outcomes } from './simulate';

export type ReportFormat = 'table' | 'json';

/** What came of simulated rollouts, to be read by people or by programs. */
export function report(format: ReportFormat, scenario: Scenario, seed: number, outcomes: readonly Outcomes[]): string {
  if (format === 'json') {
    return JSON.stringify({ scenario, seed, outcomes }, undefined, 2);
  }
  const worse = isRegression(scenario);
  const head = ['', worse ? 'rolled back' : 'falsely rolled back', 'promoted', 'paused', 'minutes to it'];
  const table = new Table({
    head: [...head, 'requests served by it', 'errors more'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const one of outcomes) {
    table.push([
      one.rule,
      percent(one.rolledBack),
      percent(one.promoted),
      percent(one.paused),
      String((worse ? one.minutesToRollback : one.minutesToPromote) ?? '-'),
      one.requestsExposed.toFixed(0),
      one.excessErrors.toFixed(1),
    ]);
  }
  return `${title(scenario, outcomes[0].runs)}\n${table.toString()}`;
}

function title({ requestsPerMinute, errorRate, newErrorRate, latencyFactor, steps }: Scenario, runs: number): string {
  const errors =
    errorRate === newErrorRate
      ? `${percent(errorRate)} errors in both versions`
      : `${percent(errorRate)} errors, ${percent(newErrorRate)} in the new version`;
  const latency = latencyFactor === undefined ? '' : `, latency times ${latencyFactor}`;
  const shares = steps.map((step) => step.percent).join('-');
  return `${runs} rollouts by ${shares} % with ${requestsPerMinute} requests a minute: ${errors}${latency}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
