import type { ResolvedTemplate } from './resolved-template';

/** How bad a finding is. */
export type Severity = 'error' | 'warning';

/** One mistake in a template. */
export interface Found {
  /** Logical id of the resource. */
  readonly resource: string;
  /** What is wrong, with the value that was found and what is allowed. */
  readonly message: string;
  /** What to do, where it depends on what was found. */
  readonly fix?: string;
}

/** One rule: pure, over one resolved template. */
export interface Rule {
  /** Stable, such as `endpoint-canary-size`. */
  readonly id: string;
  /** An error is refused or ignored by AWS; a warning is legal and will hurt. */
  readonly severity: Severity;
  /** What the rule is about, in one sentence. */
  readonly title: string;
  /** What to do about it. */
  readonly fix: string;
  /** The page that says so. */
  readonly see: string;
  check(template: ResolvedTemplate): Iterable<Found>;
}
