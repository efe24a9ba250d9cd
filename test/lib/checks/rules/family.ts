/* eslint-disable @typescript-eslint/no-explicit-any -- templates are read as plain data */

/** By the id of each rule: a mistake that, planted in the correct template, is found by this rule and by no other. */
export type Mistakes = Readonly<Record<string, (template: any) => void>>;

/** Rules that are tested together. */
export interface Family {
  /** A template without a mistake, written by hand; each call gives a copy to plant one in. */
  readonly correct: () => any;
  readonly mistakes: Mistakes;
}
