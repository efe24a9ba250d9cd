/**
 * What crosses the lines of a staged rollout: between the construct, the custom resource that states which version is desired, the
 * controller that brings it there, the commands of operators, and whoever reads events and evidence. All of it is plain JSON. All sides
 * import this file; it imports types of the judge's contract and of the target's alone.
 */
import type { Gate, JudgeOptions, JudgeSettings, Judgement, Verdict } from '../rollout-judge/contract';

export type * from '../rollout-target/contract';

/** Of the controller. */
export const ENV = {
  /** {@link TargetDescription} as JSON. */
  target: 'ROLLOUT_TARGET',
  /** The table with one item for each target; its key is `target`. */
  table: 'ROLLOUT_TABLE',
  /** For operators' commands, which find everything by the controller's name. */
  stateMachineArn: 'ROLLOUT_STATE_MACHINE_ARN',
  evidenceBucket: 'ROLLOUT_EVIDENCE_BUCKET',
  /** Where transitions are told beside the event bus; absent for nowhere. */
  topicArn: 'ROLLOUT_TOPIC_ARN',
} as const;

/** The type of the custom resource; its physical id is the name of the controller's function. */
export const RESOURCE_TYPE = 'Custom::StagedRollout';

/** Of the custom resource. CloudFormation makes all values strings, so what is more than a name is JSON in one. */
export interface RolloutProperties {
  /** Key of the item, as in {@link TargetDescription}. */
  readonly target: string;
  /** The table. */
  readonly table: string;
  readonly controllerName: string;
  readonly stateMachineArn: string;
  /** Of the alias or the endpoint; the resource's attribute `Arn`, by which whoever needs it waits for it. */
  readonly arn: string;
  /** Of a function its number; of an endpoint the name of the configuration that has it. */
  readonly version: string;
  /** {@link RolloutSettingsOptions} as JSON. */
  readonly settings: string;
  /** How long an update waits for the end of the rollout, in seconds; '0' for not at all. */
  readonly waitSeconds: string;
}

/** What a rollout does, from its first minute to its last: it keeps those with which it began. */
export interface RolloutSettings {
  /** Steps, metrics and all that the judge needs; the last step is the final bake, with all traffic on the candidate. */
  readonly judge: JudgeSettings;
  /** Places of steps that begin only after somebody has approved them. */
  readonly gates: readonly number[];
  /** ARNs of the functions that are called, by their moment. */
  readonly hooks: Partial<Readonly<Record<HookMoment, string>>>;
  /** When the rollout is paused or rolled back, as `onInconclusive` of the judge says. Time in a pause does not count. */
  readonly deadlineMinutes: number;
  /** How long the counts of a minute may still change after it. */
  readonly metricDelaySeconds: number;
  /**
   * When the candidate can be asked the model's examples: a function as soon as it is published, a variant when it is on the endpoint,
   * without traffic.
   */
  readonly asked: 'published' | 'staged';
  /** What the live version is to have, as the target's description says: another one reaches it without a rollout. */
  readonly capacity?: unknown;
  /** A call that fails so many times in a row, before all traffic is the candidate's, rolls back. */
  readonly maxFailures: number;
}

/** What the construct says of them; the judge's other settings are its defaults. */
export type RolloutSettingsOptions = Omit<RolloutSettings, 'judge'> & { readonly judge: JudgeOptions };

/** Before any traffic, in each step before it is promoted, after the final bake and before the old version goes. */
export type HookMoment = 'before' | 'step' | 'after';

/** Ends of a rollout. */
export type Outcome =
  /** All traffic is the candidate's. */
  | 'promoted'
  /** All traffic is the baseline's. */
  | 'rolled-back'
  /** The desired version was live already. */
  | 'unchanged'
  /** The first version does not answer as it should; there is none to go back to. */
  | 'failed'
  /** The deployment is being deleted. */
  | 'removed'
  /** The alias or endpoint was deleted by somebody else. */
  | 'gone';

export type Phase =
  /** Asks the candidate the model's examples, runs the hook before, waits for the approval of the first step. */
  | 'checking'
  /** First deployment: all at once. */
  | 'creating'
  /** Makes the candidate ready for the share of the step. */
  | 'staging'
  | 'shifting'
  /** The step's share is set; the judge is told minute after minute. Of the last step this is the final bake. */
  | 'baking'
  /** The candidate becomes the live version. */
  | 'promoting'
  /** All traffic back to the live version. */
  | 'retreating'
  /** Removes what no longer serves. */
  | 'cleaning'
  | 'done';

/** The item of one target. Others than ticks write `desired`, `passedOver`, `inbox`, `seen` and `wake` alone. */
export interface RolloutItem {
  readonly shape: 1;
  readonly target: string;
  /** Goes up with each write, and each write asks for the one that it read. */
  readonly revision: number;
  /** Who wrote it: tells a write that went through, and whose answer was lost, from one of somebody else. */
  readonly writer: string;
  /** Goes up when somebody starts an execution; its name has it, so that a repeat starts none. */
  readonly wake: number;
  readonly desired?: Desired;
  readonly owner?: Owner;
  /** What operators asked for and no tick has seen. */
  readonly inbox: readonly VerbRequest[];
  /** Ids of the last requests that were seen. */
  readonly seen: readonly string[];
  /** The rollout that goes on, or the last one. */
  readonly rollout?: Rollout;
  /** Ticks in a row that could not see the target, so that no rollout could begin. */
  readonly blind?: Trouble;
  /** A version that was rolled back, and is kept as long as it is desired: it may be tried again. */
  readonly kept?: string;
  /** Versions that were desired for so short that no tick saw them: they are removed with the rest. */
  readonly passedOver: readonly string[];
  /** The execution whose ticks count; those of earlier ones end. */
  readonly loop: Loop;
  /** Between the write of an intention and that of its outcome nobody else has an effect. */
  readonly lease?: { readonly tick: string; readonly until: number };
  /** What happened, the latest last; older entries are in the evidence. */
  readonly trail: readonly TrailEntry[];
  /** Place in the trail of all times of the next entry, and up to which entries were told and archived. */
  readonly nextEntry: number;
  readonly told: number;
  readonly archived: number;
  /** Judgements that are not among the evidence yet. */
  readonly looks: readonly Judgement[];
}

/** The custom resource that speaks for the target. */
export interface Owner {
  /** Its physical id. The deletion of another one is that of one that was replaced, and changes nothing. */
  readonly id: string;
  /** Until its first update: before that, its deletion may be a stack that goes back. */
  readonly createdAt?: number;
  /** What was live when it was created: that is left to whoever had it when the stack goes back. */
  readonly found?: string;
}

export interface Loop {
  readonly wake: number;
  readonly generation: number;
}

export interface Desired {
  /** Undefined when the deployment is being deleted. */
  readonly version?: string;
  /** Goes up with each version that is desired anew, and with each retry. */
  readonly attempt: number;
  readonly settings: RolloutSettings;
  /** Milliseconds since 1970, as all times here. */
  readonly time: number;
  readonly by: string;
}

export interface Rollout {
  readonly attempt: number;
  readonly candidate: string;
  /** Live when it began; undefined in a first deployment. */
  readonly baseline?: string;
  readonly settings: RolloutSettings;
  readonly phase: Phase;
  /** Place of the step that is under way; -1 before the first. */
  readonly step: number;
  readonly startedAt: number;
  readonly phaseSince: number;
  /** Moved on by the time of each pause. */
  readonly deadline: number;
  readonly endedAt?: number;
  readonly pause?: Pause;
  /** The deadline has paused it once, and does not again. */
  readonly deadlineOver: boolean;
  /** Whether the candidate answered the examples. */
  readonly checked: boolean;
  readonly hooksPassed: readonly string[];
  /** Places of steps that were approved. */
  readonly approved: readonly number[];
  /** The step that somebody let pass although the judge had too little to say. */
  readonly passed?: number;
  /** Somebody wants all traffic on the candidate now; or, in the last step, the end of its bake. */
  readonly promote?: 'to-last' | 'to-end';
  /** Minute until which the judge's INCONCLUSIVE does not pause: somebody resumed it in spite of that. */
  readonly patienceUntil?: number;
  /** From which minute on which step had its share. */
  readonly shifts: readonly { readonly step: number; readonly minute: number }[];
  /** JSON of the judge, and the last judgement. */
  readonly judge?: unknown;
  readonly judgement?: Judgement;
  /** The last verdict that is in the trail. */
  readonly verdict?: { readonly verdict: Verdict; readonly gate: Gate; readonly step: number };
  /** What is to be removed. */
  readonly litter: readonly string[];
  /** A call of retreat was answered `done`. */
  readonly retreated: boolean;
  /** A call that makes or removes the target as a whole was answered `done`: until then it may be there, and not complete. */
  readonly concluded?: boolean;
  /** Effects that failed in a row, and ticks in a row that could not see something. */
  readonly trouble?: Trouble;
  readonly blind?: Trouble;
  /** Why it retreats or ended. */
  readonly reason?: Reason;
  readonly outcome?: Outcome;
}

export interface Trouble {
  readonly count: number;
  readonly since: number;
  readonly last: string;
}

/** What `clean` removes of a version: what it needed to serve, or itself as well. */
export type Litter = 'capacity' | 'all';

export interface Pause {
  readonly why: 'operator' | 'inconclusive' | 'deadline';
  readonly since: number;
  readonly by: string;
  readonly reason: string;
}

export interface Reason {
  readonly code:
    | 'judged'
    | 'alarm'
    | 'aborted'
    | 'superseded'
    | 'deleted'
    | 'check-failed'
    | 'hook-failed'
    | 'inconclusive'
    | 'deadline'
    | 'failures'
    | 'changed-outside'
    | 'baked'
    | 'promoted-by-hand'
    | 'first'
    | 'handed-back'
    | 'same-version';
  /** For people, with numbers. */
  readonly text: string;
}

/** What operators can ask for. `approve` begins a step that has a gate, or goes on although the judge had too little to say. */
export type Verb = 'pause' | 'resume' | 'promote' | 'approve' | 'abort' | 'retry';

export interface VerbRequest {
  /** Of the caller's choice: told twice, it is applied once. */
  readonly id: string;
  readonly verb: Verb;
  readonly by: string;
  readonly reason: string;
  readonly time: number;
}

/** What an execution starts with, and goes on with. */
export interface LoopInput {
  /** First part of the names of its executions. */
  readonly name: string;
  readonly wake: number;
  readonly generation: number;
  /** Ticks of this execution so far. */
  readonly ticks: number;
}

/** Time-out of the function of a tick; nobody else has an effect for a little longer than that. */
export const TICK_SECONDS = 60;
export const LEASE_SECONDS = TICK_SECONDS + 10;

/** An execution is continued by a new one after so many ticks: far below the 25,000 events that its history may have. */
export const TICKS_OF_AN_EXECUTION = 600;

/** What the tick answers. */
export interface TickAnswer {
  readonly done: boolean;
  /** Seconds until the next tick. */
  readonly wait: number;
}

/** An entry of the trail; each is told once or more, as an event of EventBridge and a message. */
export interface TrailEntry {
  /** Place in the trail of all times; with the target it tells what was told twice. */
  readonly place: number;
  readonly time: number;
  readonly attempt: number;
  readonly what:
    | 'started'
    | 'checked'
    | 'staged'
    | 'shifted'
    | 'verdict'
    | 'paused'
    | 'resumed'
    | 'waiting'
    | 'verb'
    | 'refused'
    | 'retreating'
    | 'promoting'
    | 'stuck'
    | 'ended';
  readonly phase: Phase;
  readonly step: number;
  /** Who, where it was somebody. */
  readonly by?: string;
  readonly text: string;
  readonly outcome?: Outcome;
  /** Of what has ended, why. */
  readonly reason?: Reason['code'];
  readonly judgement?: Judgement;
}

export const EVENT_SOURCE = 'inference-patterns.rollout';
export const EVENT_DETAIL_TYPE = 'Rollout Transition';

/** `detail` of the event. */
export interface RolloutEvent extends TrailEntry {
  readonly target: string;
  readonly candidate?: string;
  readonly baseline?: string;
}

/** Metrics of a rollout itself, by {@link TARGET_DIMENSION}; one value of each for a tick, the last two when a rollout has ended so. */
export const ROLLOUT_METRICS = {
  namespace: 'InferencePatterns',
  /** 1 while one goes on, else 0. */
  active: 'RolloutActive',
  /** Share of the candidate. */
  percent: 'RolloutPercent',
  /** Since when it is paused, or waits for an approval; 0 when it does neither. */
  pausedMinutes: 'RolloutPausedMinutes',
  /** 1 when calls fail, something cannot be seen, or nobody can be told, for so long that it will hardly mend itself; else 0. */
  stuck: 'RolloutStuck',
  /** 1 for each that was rolled back, or failed; not for one that somebody aborted, superseded or deleted. */
  rolledBack: 'RolledBack',
  promoted: 'Promoted',
} as const;

/** Its value is the key of the item. */
export const TARGET_DIMENSION = 'Target';

/** What readers of the item are told. */
export interface RolloutStatus {
  readonly target: string;
  readonly desired?: string;
  /** Whether all that is desired has come to an end, one way or the other. */
  readonly settled: boolean;
  /** Whether the candidate may have traffic. */
  readonly exposed: boolean;
  readonly candidate?: string;
  readonly baseline?: string;
  readonly phase?: Phase;
  readonly step?: number;
  readonly percent?: number;
  readonly pause?: Pause;
  readonly waitingForApproval: boolean;
  readonly outcome?: Outcome;
  readonly reason?: Reason;
  readonly judgement?: Judgement;
  readonly trouble?: string;
}
