import type { Severity } from '../../lib/checks/rules/rule';

/** A finding as the command line tells it. */
export interface ReportedFinding {
  readonly id: string;
  readonly severity: Severity;
  /** File of the template. */
  readonly template: string;
  /** Logical id. */
  readonly resource: string;
  readonly message: string;
  readonly fix: string;
  readonly see: string;
}

/** A rule as the command line tells it. */
export interface ReportedRule {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly fix: string;
  readonly see: string;
}

/** What was checked, and what was found. */
export interface Report {
  readonly findings: readonly ReportedFinding[];
  readonly rules: readonly ReportedRule[];
  readonly templates: readonly string[];
  /** Path of the construct of a resource, where there is one. */
  readonly constructOf: (template: string, resource: string) => string | undefined;
  /** Line of a resource in its template. */
  readonly lineOf: (template: string, resource: string) => number | undefined;
}
