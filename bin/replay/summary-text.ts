import type { ReplaySettings } from './settings';
import type { ReplaySummary } from './tally';

/** Shards of a large stream are many. */
const LISTED = 50;

/** A summary as people read it. */
export function summaryText(summary: ReplaySummary, settings: ReplaySettings): string {
  const { source, dryRun } = settings;
  const { became, byModel, byReason, byShard, leftOut, opened, outside, tooLarge, twice, unreadable } = summary;
  const where = settings.source === 'stream' ? settings.stream : settings.from;
  const opens = source === 'stream' ? 'shards' : 'objects';
  const lines = [
    row('read', summary.read, `records of ${opened} ${opens} of ${where}`),
    ...(dryRun
      ? [row('put through', 0, 'this is a dry run')]
      : [
          row('put through', summary.putThrough, versionsOf(summary.putThroughBy)),
          ...(became.predicted + became.quarantinedAgain > 0
            ? [row('  predicted', became.predicted), row('  in quarantine again', became.quarantinedAgain)]
            : []),
          ...(became.notTold > 0
            ? [row('  predicted or not', became.notTold, 'its log did not say; look for new objects in quarantine')]
            : []),
          row('left', summary.left, summary.left > 0 ? 'failed, or not tried any more' : ''),
        ]),
    ...(tooLarge > 0 ? [row('too large', tooLarge, 'for an event; left where they are')] : []),
    ...(unreadable > 0 ? [row('not readable', unreadable, 'lines or objects that hold no record')] : []),
    ...(twice > 0 ? [row('twice', twice, 'records that another object had before')] : []),
    ...(leftOut > 0 ? [row('not asked for', leftOut, 'records of other reasons')] : []),
    ...(outside > 0 ? [row('not opened', outside, 'objects that were written earlier or later')] : []),
    ...(dryRun ? [...table('reason', byReason), ...table('model', byModel), ...table('shard', byShard)] : []),
    ...(summary.stopped === undefined ? [] : stoppedLines(summary, settings)),
  ];
  return lines.join('\n');
}

function row(name: string, count: number, what = ''): string {
  return `${name.padEnd(22)}${count.toLocaleString('en').padStart(12)}  ${what}`.trimEnd();
}

function versionsOf(by: Readonly<Record<string, number>>): string {
  const versions = Object.entries(by);
  return versions.length === 0
    ? ''
    : `by version ${versions.map(([version, count]) => `${version} (${count})`).join(', ')}`;
}

function table(name: string, counts: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(counts);
  const more = entries.length > LISTED ? [`  and ${entries.length - LISTED} more: --json has them all`] : [];
  const rows = entries.slice(0, LISTED).map(([each, count]) => row(`  ${each}`.padEnd(34), count));
  return entries.length === 0 ? [] : [`by ${name}`, ...rows, ...more];
}

function stoppedLines({ stopped, goOn, left }: ReplaySummary, settings: ReplaySettings): string[] {
  const until = new Date(settings.until).toISOString();
  return [
    `It stopped: ${stopped!.why}${stopped!.at === undefined ? '' : ` (at ${stopped!.at})`}.`,
    left > 0 ? 'Left are those, and all that comes after them.' : 'What comes after is left.',
    goOn === undefined
      ? `To go on: the same again, with --until ${until}`
      : `To go on: the same again, with --after '${goOn}' --until ${until}`,
  ];
}
