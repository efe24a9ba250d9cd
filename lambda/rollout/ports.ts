/**
 * What the controller of staged rollouts needs of the world. Each call may fail, come twice, and take effect although it failed; whoever
 * implements one makes it safe to repeat. Errors are thrown: the controller comes back later, and tells people when that does not help.
 */
import type { ArmCounts, Judgement } from '../rollout-judge/contract';
import type { HookMoment, Litter, RolloutEvent, RolloutItem, TrailEntry } from './contract';

/** An alias or an endpoint. What is live is read from the service, never from a template or the item. */
export interface Target {
  /** Undefined when there is no such alias or endpoint. */
  read(): Promise<TargetState | undefined>;
  /** First deployment: makes the target, with all traffic on this version. */
  create(version: string): Promise<Progress>;
  /**
   * Makes the candidate ready for this share before it gets it: capacity of both sides, what scales them suspended or registered. Never
   * takes capacity away, and gives the candidate no traffic. `done` when it is ready, not when it is on its way.
   */
  stage(candidate: string, percent: number): Promise<Progress>;
  /** Sets the share of the candidate that was staged, 100 included; the live version stays the live one. */
  shift(candidate: string, percent: number): Promise<Progress>;
  /** All traffic is the candidate's already: it becomes the live version. */
  promote(candidate: string): Promise<Progress>;
  /** All traffic to the live version, whichever that is: first of all, and fast. Capacity stays. Nothing to do is `done`. */
  retreat(): Promise<Progress>;
  /**
   * Removes what a version that has no traffic left: its capacity and what scales it, or the version itself as well; gives the live one
   * back to what scales it. Refuses the live version. Nothing to do is `done`.
   */
  clean(version: string, what: Litter): Promise<Progress>;
  /**
   * The deployment is being deleted: removes the alias or the endpoint, and before it what the live version needed to serve, as nobody
   * finds that any more afterwards. Nothing there is `done`.
   */
  remove(): Promise<Progress>;
}

/** `wait`: it is under way, or the service is busy (updating, throttled); the same call will be made again. */
export type Progress = 'done' | 'wait';

export interface TargetState {
  /** Gets what the candidate does not. After `promote` it is what was the candidate. */
  readonly live: string;
  /** The version that is there beside it, with or without traffic. */
  readonly candidate?: string;
  /** Share of the candidate as the service has it now, 0 to 100. */
  readonly percent: number;
  /** Whether the service is not in the middle of a change. */
  readonly settled: boolean;
}

export interface Counts {
  /**
   * Counts of the minutes `from` to `to` (minutes since 1970, both included), in order, without gaps; a minute without data has zeros and
   * nulls. Fewer minutes, from the first, where more cannot be read now.
   */
  minutes(from: number, to: number, candidate: string, baseline: string): Promise<readonly ObservedMinute[]>;
}

export interface ObservedMinute {
  readonly minute: number;
  readonly candidate: ArmCounts;
  readonly baseline: ArmCounts;
}

export interface Alarms {
  /** Names of the team's alarms that are in ALARM. */
  firing(): Promise<readonly string[]>;
}

export interface Store {
  load(): Promise<RolloutItem | undefined>;
  /** `conflict` when what is stored does not have the revision before that of this item, or there is something where none was. */
  save(item: RolloutItem): Promise<'saved' | 'conflict'>;
}

/** An answer to a question that may take longer than a tick: `wait` and it is asked again. */
export type Answer = 'wait' | { readonly passed: boolean; readonly text: string };

export interface Checks {
  /** Whether the version answers the model's examples as it should; of an endpoint by its variant, which has no traffic. */
  examples(version: string): Promise<Answer>;
}

export interface Hooks {
  /** Runs a hook; `id` is the same each time that it is asked for the same. */
  run(hook: HookCall): Promise<Answer>;
}

export interface HookCall {
  readonly id: string;
  readonly name: string;
  readonly moment: HookMoment;
  readonly step: number;
  /** Share of the step; absent where there is none yet, or any more. */
  readonly percent?: number;
  readonly candidate: string;
  readonly baseline?: string;
}

export interface Notifier {
  /** In order; what fails is told again as a whole. */
  tell(events: readonly RolloutEvent[]): Promise<void>;
}

/** Under keys that are the same each time, so that a repeat writes the same again. */
export interface Evidence {
  look(attempt: number, judgement: Judgement): Promise<void>;
  trail(entries: readonly TrailEntry[]): Promise<void>;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

export interface Ports {
  readonly target: Target;
  readonly counts: Counts;
  readonly alarms: Alarms;
  readonly store: Store;
  readonly checks: Checks;
  readonly hooks: Hooks;
  readonly notifier: Notifier;
  readonly evidence: Evidence;
  readonly clock: Clock;
}
