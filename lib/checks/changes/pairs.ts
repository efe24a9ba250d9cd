import * as path from 'path';
import type { AssemblyTemplate } from '../template/resolved-assembly';
import { ResolvedTemplate } from '../template/resolved-template';
import { isRetained, sameIn } from './change-rule';

/** A template before and after; where it is gone, so is all that is in it. */
export interface Pair {
  readonly before: AssemblyTemplate;
  readonly after: AssemblyTemplate;
}

type App = readonly AssemblyTemplate[];

/**
 * The templates of stacks that are the same before and after: those whose files are called the same, and the only one of each
 * side. A nested stack is the same where its logical id is, in stacks that are the same.
 */
export function pairsOf(old: App, now: App): readonly Pair[] {
  const [oldStacks, newStacks] = [old, now].map((app) => app.filter(({ nestedIn }) => nestedIn === undefined));
  const only = oldStacks.length === 1 && newStacks.length === 1 ? newStacks[0] : undefined;
  return oldStacks.flatMap((before) => {
    const name = path.basename(before.file);
    const same = newStacks.find(({ file }) => path.basename(file) === name) ?? only;
    return withNested({ before, after: same ?? gone(before, now) }, old, now, []);
  });
}

function withNested(pair: Pair, old: App, now: App, above: readonly AssemblyTemplate[]): readonly Pair[] {
  const { before, after } = pair;
  const around = [...above, before];
  const nested = before.resolved.resources.flatMap((stack) => {
    const inner = templateOf(stack.logicalId, before, old);
    // A template that nests itself has no end.
    if (inner === undefined || around.includes(inner)) {
      return [];
    }
    const isThere = sameIn(after.resolved, stack) !== undefined;
    const left = isRetained(stack) ? undefined : gone(inner, now);
    const same = isThere ? templateOf(stack.logicalId, after, now) : left;
    return same === undefined ? [] : withNested({ before: inner, after: same }, old, now, around);
  });
  return [pair, ...nested];
}

/** The template of a nested stack. */
function templateOf(logicalId: string, { file }: AssemblyTemplate, app: App): AssemblyTemplate | undefined {
  return app.find(({ nestedIn = [] }) =>
    nestedIn.some((stack) => stack.logicalId === logicalId && stack.file === path.resolve(file)),
  );
}

/** A template without anything, among the others of its app. */
function gone({ file }: AssemblyTemplate, app: App): AssemblyTemplate {
  return { file, resolved: new ResolvedTemplate({}, { all: () => app.map(({ resolved }) => resolved) }) };
}
