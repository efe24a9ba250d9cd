import type { AssemblyTemplate } from '../template/resolved-assembly';
import type { ResolvedResource } from '../template/resolved-template';
import { CHANGE_RULES } from './all-changes';
import type { ChangeRule } from './change-rule';
import { pairsOf } from './pairs';

/** A dangerous change. */
export interface FoundChange {
  readonly rule: ChangeRule;
  /** File of the template that the resource is in. */
  readonly file: string;
  /** As it is in the new template, or in the old one where it is gone. */
  readonly resource: ResolvedResource;
  readonly message: string;
  /** The template as it would be. */
  readonly after: AssemblyTemplate;
}

/** Everything that the rules about changes find between what is deployed and what would be. */
export function changesIn(old: readonly AssemblyTemplate[], now: readonly AssemblyTemplate[]): readonly FoundChange[] {
  return pairsOf(old, now).flatMap(({ before, after }) =>
    CHANGE_RULES.flatMap((rule) =>
      [...rule.check(before.resolved, after.resolved)].map(({ resource, message }) => ({
        rule,
        file: resource.template === before.resolved ? before.file : after.file,
        resource,
        message,
        after,
      })),
    ),
  );
}
