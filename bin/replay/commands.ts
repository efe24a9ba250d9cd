import { type Command, Option } from 'commander';
import { REASONS } from '../../lambda/stream/contract';
import {
  type ObjectsOptions,
  objectsSettings,
  type ReplaySettings,
  streamSettings,
  type ThroughOptions,
} from './settings';

const EXIT_CODES =
  'Exit code: 0 everything is put through, 1 something is left (it is said what, and how to go on), 2 input that cannot be used.';

/** Adds the commands that put records through a consumer again. */
export function addReplayCommands(program: Command): void {
  const replay = program
    .command('replay')
    .description(
      'Put records of a stream through the consumer of StreamingInference again, with the same inference ids.',
    );

  through(replay.command('quarantine'), 'time at which an object was written')
    .description(`Put through what is in quarantine.\n${EXIT_CODES}`)
    .requiredOption('--from <s3://bucket/prefix>', 'where the quarantine is')
    .addOption(new Option('--reason <code...>', 'only records with these reasons').choices(Object.values(REASONS)))
    .action(async (options: ObjectsOptions & { reason?: string[] }) => {
      const { reason: reasons = [] } = options;
      await run({ ...objectsSettings(options, Date.now()), source: 'quarantine', reasons });
    });

  through(replay.command('failed'), 'time at which an object was written')
    .description(
      `Put through the batches that the event source mapping gave up on, out of its failure destination.\n${EXIT_CODES}`,
    )
    .requiredOption('--from <s3://bucket/prefix>', 'where they are: aws/lambda/<id of the mapping>/ in the bucket')
    .action(async (options: ObjectsOptions) => {
      await run({ ...objectsSettings(options, Date.now()), source: 'failed' });
    });

  through(replay.command('stream'), 'time at which a record arrived')
    .description(`Put through a time range of the stream itself.\n${EXIT_CODES}`)
    .requiredOption('--stream <name or ARN>', 'the stream')
    .action(async (options: ThroughOptions & { stream: string }) => {
      await run(streamSettings(options, Date.now()));
    });
}

function through(command: Command, time: string): Command {
  return command
    .option('--function <name or ARN>', 'the consumer, with the alias that the event source mapping calls')
    .option('--since <time>', `first ${time}: 2026-01-31T08:00:00Z, 2026-01-31, or 2h for two hours ago`)
    .option('--until <time>', `${time} that is not meant any more; now by default`)
    .option('--after <place>', 'go on behind this object or record, which the replay before named')
    .option('--rate <records>', 'records in a second at most, those that are tried again among them')
    .option('--batch-size <records>', 'records of an invocation at most', '1000')
    .option('--attempts <count>', 'give up after so many invocations in a row that bring nothing further', '8')
    .option('--dry-run', 'count what would be put through, and call nothing')
    .option('--json', 'print the summary as JSON');
}

/** A file of its own in the bundle: the clients of AWS take longer to load than most other commands take as a whole. */
async function run(settings: ReplaySettings): Promise<void> {
  const replay = require('./replay') as typeof import('./replay');
  process.exitCode = await replay.run(settings);
}
