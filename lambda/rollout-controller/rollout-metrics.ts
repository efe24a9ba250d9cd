import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import {
  ROLLOUT_METRICS,
  type Reason,
  type RolloutEvent,
  type RolloutItem,
  TARGET_DIMENSION,
} from '../rollout/contract';
import type { Notifier, Store } from '../rollout/ports';
import { awaitedApproval } from './awaited-approval';
import { isRunning } from './draft';
import { STUCK } from './settle';
import { statusOf } from './status';

const MINUTE = 60_000;
/** After so long nobody is likely to be told by itself. */
const UNTOLD_MINUTES = 10;

/** Ends that somebody asked for are no news to them. */
const ASKED_FOR: readonly (Reason['code'] | undefined)[] = ['aborted', 'superseded', 'deleted'];

export type RolloutFigures = Partial<Readonly<Record<Exclude<keyof typeof ROLLOUT_METRICS, 'namespace'>, number>>>;

/** What an item says of its rollout now. */
export function figuresOf(item: RolloutItem, now: number): RolloutFigures {
  const { rollout, desired, trail, told, archived } = item;
  const { percent, settled } = statusOf(item);
  const untold = trail.find(({ place }) => place >= Math.min(told, archived));
  const troubles = isRunning(item) ? [rollout?.trouble, rollout?.blind] : [item.blind];
  const stuck =
    troubles.some((trouble) => trouble !== undefined && trouble.count >= STUCK) ||
    (untold !== undefined && now - untold.time > UNTOLD_MINUTES * MINUTE);
  return {
    active: settled || desired === undefined ? 0 : 1,
    percent: isRunning(item) ? (percent ?? 0) : 0,
    pausedMinutes: (now - (waitingSince(item) ?? now)) / MINUTE,
    stuck: stuck ? 1 : 0,
  };
}

/** Since when it goes on only if somebody says so. */
function waitingSince(item: RolloutItem): number | undefined {
  const { rollout, trail } = item;
  if (rollout?.pause !== undefined || awaitedApproval(item) === undefined) {
    return rollout?.pause?.since;
  }
  const told = trail.find(
    ({ what, attempt, time }) => what === 'waiting' && attempt === rollout!.attempt && time >= rollout!.phaseSince,
  );
  return told?.time;
}

/** What rollouts came to. */
export function figuresOfEnds(events: readonly RolloutEvent[]): RolloutFigures {
  const count = (which: (event: RolloutEvent) => boolean): number =>
    events.filter((event) => event.what === 'ended' && which(event)).length;
  const rolledBack = count(
    ({ outcome, reason }) => (outcome === 'rolled-back' || outcome === 'failed') && !ASKED_FOR.includes(reason),
  );
  const promoted = count(({ outcome }) => outcome === 'promoted');
  return { ...(rolledBack === 0 ? {} : { rolledBack }), ...(promoted === 0 ? {} : { promoted }) };
}

/**
 * Sees what one tick reads, writes and tells, and publishes it at its end. An end counts when it is told: at least once, also when the
 * tick that came to it is gone.
 */
export class RolloutMetrics {
  private item: RolloutItem | undefined;
  private readonly ended: RolloutEvent[] = [];

  constructor(
    /** Ends that were counted, as long as the function's process lives. */
    private readonly counted: Set<string>,
  ) {}

  public watchStore(store: Store): Store {
    return {
      load: async () => (this.item = await store.load()),
      save: async (item) => {
        const answer = await store.save(item);
        this.item = answer === 'saved' ? item : this.item;
        return answer;
      },
    };
  }

  public watchNotifier(notifier: Notifier): Notifier {
    return {
      tell: (events) => {
        const ends = events.filter((event) => event.what === 'ended' && !this.counted.has(keyOf(event)));
        this.ended.push(...ends);
        ends.forEach((event) => this.counted.add(keyOf(event)));
        return notifier.tell(events);
      },
    };
  }

  public publish(now: number): void {
    if (this.item === undefined) {
      return;
    }
    const metrics = new Metrics({ namespace: ROLLOUT_METRICS.namespace });
    // Powertools would add a `service`, and no alarm would find the metrics.
    metrics.clearDefaultDimensions();
    metrics.addDimension(TARGET_DIMENSION, this.item.target);
    for (const [name, value] of Object.entries({ ...figuresOf(this.item, now), ...figuresOfEnds(this.ended) })) {
      metrics.addMetric(ROLLOUT_METRICS[name as keyof RolloutFigures], MetricUnit.NoUnit, value);
    }
    process.stdout.write(`${JSON.stringify(metrics.serializeMetrics())}\n`);
  }
}

function keyOf({ time, place }: RolloutEvent): string {
  return `${time}/${place}`;
}
