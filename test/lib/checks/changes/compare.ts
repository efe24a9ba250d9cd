/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- templates are read as plain data */
import { changesIn } from '../../../../lib/checks/changes/found-changes';
import { resolveAssembly } from '../../../../lib/checks/template/resolved-assembly';
import type { Edit } from './change-family';

/** A correct template after some edits, as it comes from a file. */
export function template(correct: () => any, ...edits: readonly (Edit | undefined)[]): any {
  const made = correct();
  made.Parameters = { ...made.Parameters, Any: { Type: 'String' } };
  edits.forEach((edit) => edit?.(made));
  return JSON.parse(JSON.stringify(made));
}

export const resolve = (content: unknown) => resolveAssembly([{ file: 'app.json', template: content }]);
/** What is found between two templates. */
export const changes = (old: unknown, now: unknown) => changesIn(resolve(old), resolve(now));
export const idsOf = (old: unknown, now: unknown): string[] => changes(old, now).map(({ rule }) => rule.id);
