import type { RunSettings } from '../../lambda/batch/contract';

/** Where in the state machine a partition is scored. */
export interface ScoringPlace {
  /** Ends the names of its states: two states of a machine never have one name. */
  readonly suffix: string;
  /** Fields for what is called, with paths to the run and the partition. */
  readonly subject: Readonly<Record<string, string>>;
  /** Fields of the state's data that have to last. */
  readonly lasting: Readonly<Record<string, string>>;
  /** The state after a partition that is complete. */
  readonly next: string;
  /** The state after one that failed in spite of all retries; without, the run fails. */
  readonly failed?: string;
}

/** States of the Amazon States Language, of which one is the first. */
export interface ScoringStates {
  readonly start: string;
  readonly states: Readonly<Record<string, object>>;
}

/** How partitions are scored: by states that go on until the partition is complete. */
export type Scoring = (settings: RunSettings, place: ScoringPlace) => ScoringStates;
