import type { Rule, Severity } from './rules/rule';
import type { SelectedRule } from './selection';
import type { AssemblyTemplate } from './template/resolved-assembly';
import type { ResolvedResource } from './template/resolved-template';

/** Something that a rule found. */
export interface Finding {
  readonly rule: Rule;
  readonly severity: Severity;
  /** File of the template. */
  readonly file: string;
  readonly resource: ResolvedResource;
  readonly message: string;
}

/** Everything that the rules find in the templates of an app, in the order of templates and rules. */
export function findingsIn(templates: readonly AssemblyTemplate[], selected: readonly SelectedRule[]): Finding[] {
  return templates.flatMap(({ file, resolved }) =>
    selected.flatMap(({ rule, severity }) =>
      [...rule.check(resolved)].flatMap(({ resource: logicalId, message }) => {
        const resource = resolved.resourceOf(logicalId);
        return resource === undefined ? [] : [{ rule, severity, file, resource, message }];
      }),
    ),
  );
}
