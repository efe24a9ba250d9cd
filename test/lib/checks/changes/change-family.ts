/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- templates are read as plain data */

/** Changes a template in place. */
export type Edit = (template: any) => void;

/** A change that one rule speaks of. */
export interface Danger {
  /** What is in the template before the change, too. */
  readonly before?: Edit;
  readonly change: Edit;
  /** Puts something that only the deployment knows where the rule looks. */
  readonly unknown: (template: any, value: unknown) => void;
  /** Changes close by that no rule speaks of. */
  readonly harmless: Readonly<Record<string, Edit>>;
}

/** Rules about changes that are tested together: by the id of each rule, a change of the template that it speaks of. */
export interface ChangeFamily {
  /** A template without a mistake; each call gives a copy. */
  readonly correct: () => any;
  readonly dangers: Readonly<Record<string, Danger>>;
}

/** Gives a resource another logical id, and all that refers to it the new one. */
export function rename(template: any, from: string, to: string): void {
  template.Resources = JSON.parse(
    JSON.stringify(template.Resources).replaceAll(`"${from}"`, `"${to}"`).replaceAll(`\${${from}}`, `\${${to}}`),
  );
}
