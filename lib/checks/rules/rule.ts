import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';

/** When the pages of all rules that say nothing else were last compared with them. */
export const FACTS_AS_OF = '2026-11';

/** How bad a finding is. */
export type Severity = 'error' | 'warning';

/** One mistake in a template. */
export interface Found {
  /** Logical id of the resource. */
  readonly resource: string;
  /** What is wrong, with the value that was found and what is allowed. */
  readonly message: string;
}

/** What is said of a rule, whatever it looks at. */
export interface RuleDefinition {
  /** Stable, such as `endpoint-canary-size`. */
  readonly id: string;
  /** An error is refused or ignored by AWS; a warning is legal and will hurt. */
  readonly severity: Severity;
  /** What holds where the rule is kept, in one sentence. */
  readonly title: string;
  /** What to do where it is broken. */
  readonly fix: string;
  /** The page that says so. */
  readonly see: string;
  /**
   * When the page was last compared with the rule, such as `2026-11`.
   * @default FACTS_AS_OF
   */
  readonly asOf?: string;
}

/** One rule: pure, over one resolved template. */
export interface Rule extends RuleDefinition {
  check(template: ResolvedTemplate): Iterable<Found>;
}

/** What is wrong with one thing: nothing, one message, or several. */
export type Faults = string | undefined | readonly { readonly message: string }[];

/** A rule over each resource of some types, looked at by itself and with the rest of the template. */
export function perResource(
  types: readonly string[],
  definition: RuleDefinition,
  faultsOf: (resource: ResolvedResource, template: ResolvedTemplate) => Faults,
): Rule {
  return {
    ...definition,
    *check(template): Iterable<Found> {
      for (const resource of template.ofType(...types)) {
        for (const message of messages(faultsOf(resource, template))) {
          yield { resource: resource.logicalId, message };
        }
      }
    },
  };
}

/** What was found, as text. */
export function messages(faults: Faults): readonly string[] {
  if (faults === undefined) {
    return [];
  }
  return typeof faults === 'string' ? [faults] : faults.map(({ message }) => message);
}
