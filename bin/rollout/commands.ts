import { type Command, InvalidArgumentError } from 'commander';
import type { Verb } from '../../lambda/rollout/contract';
import { inOneLine } from '../in-one-line';
import { EXIT } from './exit-code';
import { type AskOptions, askSettings, type RolloutCommand, type ShowOptions, showSettings } from './settings';

const VERBS: Readonly<Record<Verb, string>> = {
  pause: 'Stop at the step that is under way. The judge goes on judging, and rolls back when it must.',
  resume:
    'Go on after a pause, whoever paused. After one for having too little to say, the step has its longest bake again.',
  promote:
    'Give all traffic to the new version without the steps in between; in the last step, end its bake. Alarms still roll back.',
  approve: 'Let the step begin that waits for it, or let the one pass that was paused for having too little to say.',
  abort: 'Give all traffic back to the old version, and end the rollout.',
  retry: 'Try the version again that is desired, and was rolled back.',
};

/** What nobody should do without saying why. */
const WITH_REASON: readonly Verb[] = ['promote', 'abort'];

/** Adds the commands that watch and steer staged rollouts. */
export function addRolloutCommands(program: Command): void {
  const rollout = program
    .command('rollout')
    .description('Watch and steer the staged rollout of an alias or an endpoint, by the name of its controller.')
    // Exit code 2 tells of a rollout that went back; here a command that nobody understands is an error like any other.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 1));

  controlled(rollout.command('status'))
    .description(
      'Show where a rollout is, why, and what it waits for.\n' +
        'Exit code: 0 it goes on or is promoted, or there is none; 1 error; 2 it went back or failed; 3 it is paused, or waits for an approval.',
    )
    .option('--json', 'print it as JSON, with the trail')
    .option('--trail <entries>', 'latest entries of the trail to show', count(0, 1000), 10)
    .option('--watch', 'show it again and again until the rollout has ended')
    .option('--every <seconds>', 'seconds between two looks of --watch', count(0.1, 3600), 5)
    .option('--stop-when-waiting', 'let --watch end as well when it is paused or waits for an approval')
    .action(async (controller: string | undefined, options: ShowOptions) => {
      await run(() => showSettings(controller, options));
    });

  for (const verb of Object.keys(VERBS) as Verb[]) {
    const needed = WITH_REASON.includes(verb);
    const command = controlled(rollout.command(verb))
      .description(
        `${VERBS[verb]}\nExit code: 0 it was asked for; 1 error, or refused: it is said why.` +
          (needed ? '' : ' A --reason is kept for those who read the trail later.'),
      )
      .option('--by <name>', 'who asks; by default whoever the credentials are of')
      .option('--id <id>', 'id of the request: said again with the same one it counts once')
      .option('--wait <seconds>', 'seconds to wait until the controller has seen it', count(0, 600), 20);
    const reason = ['--reason <text>', 'why, for the trail and the messages'] as const;
    (needed ? command.requiredOption(...reason) : command.option(...reason)).action(
      async (controller: string | undefined, options: AskOptions) => {
        await run(() => askSettings(verb, controller, options));
      },
    );
  }
}

function controlled(command: Command): Command {
  return command
    .argument('[controller]', "name or ARN of the controller's function")
    .option('--stack <name>', 'the stack that has it, instead of its name')
    .option('--region <region>', 'where it is; by default as the AWS CLI finds it');
}

function count(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (!(value >= least && value <= most)) {
      throw new InvalidArgumentError(`It is '${text}', and must be a number of ${least} to ${most}.`);
    }
    return value;
  };
}

async function run(settings: () => RolloutCommand): Promise<void> {
  try {
    const command = settings();
    // A file of its own in the bundle: the clients of AWS take longer to load than most other commands take as a whole.
    const rollout = require('./rollout') as typeof import('./rollout');
    process.exitCode = await rollout.run(command);
  } catch (error) {
    console.error(inOneLine(error instanceof Error ? error.message : String(error)));
    process.exitCode = EXIT.error;
  }
}
