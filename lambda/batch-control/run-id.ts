import { createHash } from 'node:crypto';

const MAX_NAME = 80;

/**
 * The id of the run that an execution makes: the same when it is redriven, later for later ones, and legal in keys of S3. Its time
 * comes first, as an execution's name may be used again after 90 days.
 */
export function runId({ StartTime, Name }: { readonly StartTime: string; readonly Name: string }): string {
  const time = new Date(StartTime).toISOString().replace(/[-:.]/g, '');
  const plain = Name.replace(/[^\w-]/g, '-').slice(0, MAX_NAME);
  // Two names of the same moment stay two ids.
  const name = plain === Name ? Name : `${plain}-${createHash('sha256').update(Name).digest('hex').slice(0, 12)}`;
  return `${time}-${name}`;
}

/** What {@link runId} gives out, so that nothing else is ever made part of a key. */
export function isRunId(text: string): boolean {
  return /^\d{8}T\d{9}Z-[\w-]{1,100}$/.test(text);
}
