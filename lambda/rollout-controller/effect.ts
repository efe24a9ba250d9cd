import type { HookCall } from '../rollout/ports';
import type { Litter } from '../rollout/contract';

/** What a tick does to the world, once it has written that it is going to. One tick has one effect at most. */
export type Effect =
  | { readonly kind: 'check'; readonly version: string }
  | { readonly kind: 'hook'; readonly call: HookCall }
  | { readonly kind: 'create'; readonly version: string }
  | { readonly kind: 'stage'; readonly version: string; readonly step: number; readonly percent: number }
  | { readonly kind: 'shift'; readonly version: string; readonly step: number; readonly percent: number }
  /** The candidate has more than its share: a call of a tick that was given up came late, or somebody else shifted. */
  | { readonly kind: 'correct'; readonly version: string; readonly percent: number }
  | { readonly kind: 'promote'; readonly version: string }
  | { readonly kind: 'retreat' }
  | { readonly kind: 'clean'; readonly version: string; readonly what: Litter }
  /** The target itself. */
  | { readonly kind: 'remove' };

/** What became of it. */
export type Result =
  { readonly done: boolean; readonly text: string; readonly refused?: boolean } | { readonly error: string };
