import type { RolloutItem } from '../rollout/contract';

/** An item of DynamoDB has 400 KB at most, names and all. */
const MOST_BYTES = 380_000;
/** Latest judgements that are kept for the evidence when there is no room for all. */
const KEPT_LOOKS = 3;
const KEPT_ENTRIES = 20;

/**
 * An item that can be stored. It only grows when evidence cannot be written, or nobody told, for long; then figures are given up rather
 * than the rollout.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
export function fitting(item: RolloutItem, most = MOST_BYTES): RolloutItem {
  if (roughly(item) <= most) {
    return item;
  }
  let fitted = item;
  for (const less of [withoutLooks, withoutFigures, withoutEntries]) {
    if (bytesOf(fitted) <= most) {
      return fitted;
    }
    fitted = less(fitted);
  }
  return fitted;
}

/** More than it has, without writing all of it down at each tick: a judgement has some hundred characters for each metric. */
function roughly({ looks, trail, inbox, rollout }: RolloutItem): number {
  const judgements = looks.length + trail.filter(({ judgement }) => judgement !== undefined).length + 2;
  const metrics = rollout?.settings.judge.metrics.length ?? 0;
  return 20_000 + 2_000 * (trail.length + inbox.length) + judgements * (1_000 + 1_500 * metrics) + 6_000 * metrics;
}

function withoutLooks(item: RolloutItem): RolloutItem {
  return { ...item, looks: item.looks.slice(-KEPT_LOOKS) };
}

function withoutFigures(item: RolloutItem): RolloutItem {
  return { ...item, trail: item.trail.map((entry) => ({ ...entry, judgement: undefined })) };
}

function withoutEntries(item: RolloutItem): RolloutItem {
  return { ...item, trail: item.trail.slice(-KEPT_ENTRIES) };
}

function bytesOf(item: RolloutItem): number {
  return Buffer.byteLength(JSON.stringify(item));
}
