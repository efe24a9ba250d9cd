import { isDeepStrictEqual } from 'node:util';
import type { LoopInput, RolloutItem, RolloutSettings, VerbRequest } from '../rollout/contract';
import { isRunning } from './draft';

/** What somebody wants of a target, as others than ticks write it; the execution is started afterwards, again and again harmlessly. */
export interface Wanted {
  readonly item: RolloutItem;
  readonly start: LoopInput;
}

/** Why a request cannot be granted, in words for whoever made it. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

export interface DesiredVersion {
  /** Undefined when the deployment is being deleted. */
  readonly version?: string;
  readonly settings: RolloutSettings;
  readonly time: number;
  readonly by: string;
  /** The custom resource that says so, and whether it is new. */
  readonly owner?: { readonly id: string; readonly created: boolean };
}

/**
 * A version is desired from now on. The one that is desired already starts nothing: its settings count the next time. Only what it is to
 * have reaches it at once, if it is the live one.
 */
export function desire(
  target: string,
  before: RolloutItem | undefined,
  { owner, ...wanted }: DesiredVersion,
  writer: string,
): Wanted {
  const item =
    owner === undefined ? (before ?? emptyItem(target)) : owned(before ?? emptyItem(target), owner, wanted.time);
  const { desired, rollout } = item;
  if (desired !== undefined && desired.version === wanted.version) {
    const settings = { desired: { ...desired, settings: wanted.settings } };
    return isServed(item) && !isDeepStrictEqual(desired.settings.capacity, wanted.settings.capacity)
      ? written(
          item,
          {
            desired: { ...settings.desired, attempt: desired.attempt + 1, time: wanted.time, by: wanted.by },
            wake: nextWake(item, wanted.time),
          },
          writer,
        )
      : written(item, settings, writer);
  }
  // Its removal may be on its way, and cannot be called back.
  if (wanted.version !== undefined && rollout?.phase === 'cleaning' && rollout.litter[0] === wanted.version) {
    throw new Refused(`version ${wanted.version} of '${target}' is being removed: try again in a minute`);
  }
  const unseen = desired?.version !== undefined && desired.attempt !== rollout?.attempt ? [desired.version] : [];
  return written(
    item,
    {
      desired: { ...wanted, attempt: (desired?.attempt ?? 0) + 1 },
      passedOver: [...new Set([...item.passedOver, ...unseen])],
      wake: nextWake(item, wanted.time),
    },
    writer,
  );
}

/** Whether what is desired is live. One that was rolled back is not tried again for having other capacity. */
function isServed(item: RolloutItem): boolean {
  const { desired, rollout } = item;
  return (
    !isRunning(item) &&
    rollout?.attempt === desired?.attempt &&
    (rollout?.outcome === 'promoted' || rollout?.outcome === 'unchanged')
  );
}

function owned(
  item: RolloutItem,
  { id, created }: { readonly id: string; readonly created: boolean },
  time: number,
): RolloutItem {
  const { owner, desired } = item;
  if (!created) {
    return { ...item, owner: { id } };
  }
  if (owner?.id === id && desired?.version !== undefined) {
    // The same once more.
    return item;
  }
  const found = desired?.version;
  return { ...item, owner: { id, createdAt: time, ...(found === undefined ? {} : { found }) } };
}

/** An operator asks for something. What cannot be is refused at once where the item says so, else by the tick that sees it. */
export function request(item: RolloutItem, verb: VerbRequest, writer: string): Wanted {
  const { desired, rollout, inbox, seen, target } = item;
  if (seen.includes(verb.id) || inbox.some(({ id }) => id === verb.id)) {
    return written(item, {}, writer);
  }
  if (desired === undefined) {
    throw new Refused(`nothing was ever deployed to '${target}', so there is nothing to ${verb.verb}`);
  }
  const running = isRunning(item) || rollout?.attempt !== desired.attempt;
  if (verb.verb !== 'retry') {
    if (!running) {
      throw new Refused(`no rollout of '${target}' goes on, so there is nothing to ${verb.verb}`);
    }
    // A new execution hears of it at once; the one that waits would in a minute.
    return written(item, { inbox: [...inbox, verb], wake: nextWake(item, verb.time) }, writer);
  }
  if (running) {
    throw new Refused(`the rollout of '${target}' goes on: resume it, or abort it first, then retry`);
  }
  if (desired.version === undefined || rollout?.outcome === 'promoted' || rollout?.outcome === 'unchanged') {
    throw new Refused(
      `version ${desired.version ?? 'none'} is what is desired of '${target}' and live: deploy another one`,
    );
  }
  return written(
    item,
    {
      desired: { ...desired, attempt: desired.attempt + 1, time: verb.time, by: verb.by },
      seen: [...seen, verb.id].slice(-SEEN),
      wake: nextWake(item, verb.time),
    },
    writer,
  );
}

/** Requests that come twice come soon after each other. */
export const SEEN = 50;

function emptyItem(target: string): RolloutItem {
  return {
    shape: 1,
    target,
    revision: 0,
    writer: '',
    wake: 0,
    passedOver: [],
    inbox: [],
    seen: [],
    loop: { wake: 0, generation: 0 },
    trail: [],
    nextEntry: 0,
    told: 0,
    archived: 0,
    looks: [],
  };
}

/** By the time, so that a table that was lost does not lead to names of executions that were there before. */
function nextWake({ wake }: RolloutItem, time: number): number {
  return Math.max(wake + 1, time);
}

function written(item: RolloutItem, change: Partial<RolloutItem>, writer: string): Wanted {
  const next = { ...item, ...change, revision: item.revision + 1, writer };
  return { item: next, start: { name: String(next.wake), wake: next.wake, generation: 0, ticks: 0 } };
}

/** Name of an execution: the same for the same start. */
export function executionName({ name, generation }: LoopInput): string {
  return `${name}-${generation}`;
}
