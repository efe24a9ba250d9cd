import { isDeepStrictEqual } from 'node:util';
import { LEASE_SECONDS, type LoopInput, type RolloutItem, type TickAnswer } from '../rollout/contract';
import type { Answer, Ports, Progress, TargetState } from '../rollout/ports';
import { decide, type Observation } from './decide';
import { bounded, Draft, isRunning } from './draft';
import type { Effect, Result } from './effect';
import { fitting } from './fitting';
import { pause } from './pace';
import { settle } from './settle';
import { dueMinutes } from './tell-judge';

/** Tries to write an outcome over what others wrote meanwhile. */
const MERGES = 5;

const AT_ONCE: TickAnswer = { done: false, wait: 1 };

/**
 * One turn of the loop: reads the item and the world, decides, writes what it is going to do, does it, writes what came of it. It may
 * end anywhere, come twice or late: the next one finds out. `id` is of this tick alone.
 */
export async function tick(ports: Ports, input: LoopInput, id: string): Promise<TickAnswer> {
  const { store, clock } = ports;
  const loaded = await store.load();
  if (loaded === undefined || isEarlier(input, loaded)) {
    return { done: true, wait: 1 };
  }
  if (loaded.lease !== undefined && loaded.lease.until > clock.now()) {
    // Another tick may be in the middle of its effect.
    return { done: false, wait: Math.min(5, Math.ceil((loaded.lease.until - clock.now()) / 1000)) };
  }
  const before = { ...loaded, loop: { wake: input.wake, generation: input.generation }, lease: undefined };
  const { item, effect } = decide(before, await observe(ports, before));
  const follows = effect !== undefined || hasNews(item);
  if (!follows && isDeepStrictEqual(asStored(item), asStored(loaded))) {
    return pause(item, clock.now(), effect);
  }
  const lease = follows ? { tick: id, until: clock.now() + LEASE_SECONDS * 1000 } : undefined;
  const intention = { ...item, lease, revision: loaded.revision + 1, writer: `${id}-1` };
  if ((await save(ports, intention)) === 'conflict') {
    return AT_ONCE;
  }
  if (!follows) {
    return pause(item, clock.now(), effect);
  }
  const result = effect === undefined ? undefined : await attempt(ports, effect);
  const draft = new Draft(intention, clock.now());
  if (effect !== undefined) {
    settle(draft, effect, result!);
  }
  const outcome = await publish(ports, draft.current);
  return (await conclude(ports, outcome, id)) ? pause(outcome, clock.now(), effect, result) : AT_ONCE;
}

/** What is undefined is not stored. */
function asStored(item: RolloutItem): unknown {
  return JSON.parse(JSON.stringify(item));
}

/** Ticks of an execution that was continued, or that somebody started before another one, have nothing to say any more. */
function isEarlier({ wake, generation }: LoopInput, { loop }: RolloutItem): boolean {
  return wake < loop.wake || (wake === loop.wake && generation < loop.generation);
}

async function observe({ target, counts, alarms, clock }: Ports, item: RolloutItem): Promise<Observation> {
  const faults: string[] = [];
  const look = async <T>(what: string, call: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      faults.push(`${what}: ${messageOf(error)}`);
      return otherwise;
    }
  };
  const { rollout } = item;
  const due = rollout === undefined ? undefined : dueMinutes(rollout, clock.now());
  const needed = isRunning(item) || item.desired?.attempt !== rollout?.attempt;
  const [state, firing, minutes] = await Promise.all([
    needed
      ? look<TargetState | undefined | 'unknown'>('reading the target', () => target.read(), 'unknown')
      : ('unknown' as const),
    needed && isAlarmed(item)
      ? look<readonly string[] | undefined>('asking the alarms', () => alarms.firing(), undefined)
      : undefined,
    due === undefined || rollout?.baseline === undefined
      ? []
      : look('counting', () => counts.minutes(due.from, due.to, rollout.candidate, rollout.baseline!), []),
  ]);
  return { now: clock.now(), target: state, alarms: firing, minutes, faults };
}

/** Whether an alarm would change anything: there is something to go back to, and it does not go back already. */
function isAlarmed(item: RolloutItem): boolean {
  const { rollout } = item;
  return (
    rollout === undefined ||
    !isRunning(item) ||
    (rollout.baseline !== undefined && rollout.phase !== 'retreating' && rollout.phase !== 'cleaning')
  );
}

async function attempt({ target, checks, hooks }: Ports, effect: Effect): Promise<Result> {
  try {
    switch (effect.kind) {
      case 'check':
        return answered(await checks.examples(effect.version));
      case 'hook':
        return answered(await hooks.run(effect.call));
      case 'create':
        return progressed(await target.create(effect.version));
      case 'stage':
        return progressed(await target.stage(effect.version, effect.percent));
      case 'shift':
      case 'correct':
        return progressed(await target.shift(effect.version, effect.percent));
      case 'promote':
        return progressed(await target.promote(effect.version));
      case 'retreat':
        return progressed(await target.retreat());
      case 'clean':
        return progressed(await target.clean(effect.version, effect.what));
      case 'remove':
        return progressed(await target.remove());
    }
  } catch (error) {
    return { error: messageOf(error) };
  }
}

function progressed(progress: Progress): Result {
  return { done: progress === 'done', text: '' };
}

function answered(answer: Answer): Result {
  return answer === 'wait' ? progressed('wait') : { done: true, text: answer.text, refused: !answer.passed };
}

function hasNews({ told, archived, nextEntry, looks }: RolloutItem): boolean {
  return told < nextEntry || archived < nextEntry || looks.length > 0;
}

/** Tells people and keeps evidence, after the effect: that is never held up. What fails is told by the next tick. */
async function publish({ notifier, evidence }: Ports, item: RolloutItem): Promise<RolloutItem> {
  const { trail, target, rollout } = item;
  let { told, archived, looks } = item;
  try {
    const news = trail.filter(({ place }) => place >= told);
    if (news.length > 0) {
      const { candidate, baseline } = rollout ?? {};
      await notifier.tell(news.map((entry) => ({ ...entry, target, candidate, baseline })));
      told = item.nextEntry;
    }
  } catch {
    // Its alarm tells: messages that cannot be sent cannot be told of by messages.
  }
  try {
    const news = trail.filter(({ place }) => place >= archived);
    if (news.length > 0) {
      await evidence.trail(news);
      archived = item.nextEntry;
    }
    for (const judgement of looks) {
      await evidence.look(rollout!.attempt, judgement);
      looks = looks.slice(1);
    }
  } catch {
    // As above.
  }
  return { ...item, told, archived, looks, trail: bounded(trail, { told, archived }) };
}

/** Writes an outcome, with what others have asked for since the intention was written; false when it cannot be written. */
async function conclude(ports: Ports, outcome: RolloutItem, id: string): Promise<boolean> {
  let latest = outcome;
  for (let merges = 0; merges < MERGES; merges++) {
    const { desired, passedOver, inbox, wake, seen } = latest;
    const written = {
      ...outcome,
      desired,
      passedOver,
      inbox,
      wake,
      seen,
      lease: undefined,
      revision: latest.revision + 1,
      writer: `${id}-2-${merges}`,
    };
    if ((await save(ports, written)) === 'saved') {
      // Somebody who asked for something meanwhile is not made to wait.
      return inbox.length === 0 && desired?.attempt === outcome.desired?.attempt;
    }
    const loaded = await ports.store.load();
    if (loaded?.lease?.tick !== id) {
      return false;
    }
    latest = loaded;
  }
  return false;
}

/** A write whose answer was lost went through when the item is this tick's. */
async function save({ store }: Ports, wanted: RolloutItem): Promise<'saved' | 'conflict'> {
  const item = fitting(wanted);
  try {
    if ((await store.save(item)) === 'saved') {
      return 'saved';
    }
  } catch (error) {
    if ((await store.load())?.writer !== item.writer) {
      throw error;
    }
    return 'saved';
  }
  return (await store.load())?.writer === item.writer ? 'saved' : 'conflict';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 500) : String(error).slice(0, 500);
}
