import type { Phase, Rollout } from '../rollout/contract';
import type { ObservedMinute } from '../rollout/ports';
import type { JudgeState } from '../rollout-judge/judge-state';
import { RolloutJudge } from '../rollout-judge/rollout-judge';
import type { Draft } from './draft';

const MINUTE = 60_000;

/** Minutes that one tick takes: what was missed is made up for in several. */
export const MINUTES_A_TICK = 10;
/** Judgements that wait for the evidence; of more, the oldest are given up. */
const MOST_LOOKS = 30;

/** A candidate with traffic is judged, paused or not. */
const JUDGED: readonly Phase[] = ['staging', 'shifting', 'baking', 'promoting'];

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The closed minutes that the judge was not told yet. */
export function dueMinutes(rollout: Rollout, now: number): Span | undefined {
  if (!JUDGED.includes(rollout.phase) || rollout.shifts.length === 0) {
    return undefined;
  }
  const from = nextMinute(rollout);
  const closed = Math.floor((now - rollout.settings.metricDelaySeconds * 1000) / MINUTE) - 1;
  return closed < from ? undefined : { from, to: Math.min(closed, from + MINUTES_A_TICK - 1) };
}

/** Seconds until there is a minute to tell. */
export function secondsToMinute(rollout: Rollout, now: number): number {
  const closes = (nextMinute(rollout) + 1) * MINUTE + rollout.settings.metricDelaySeconds * 1000;
  return Math.max(1, Math.ceil((closes - now) / 1000));
}

/** Tells them in order, until one of them rolls back. */
export function tellJudge(draft: Draft, minutes: readonly ObservedMinute[]): void {
  const { rollout } = draft;
  if (minutes.length === 0 || !JUDGED.includes(rollout.phase)) {
    return;
  }
  const { settings } = rollout;
  const judge = new RolloutJudge(settings.judge, rollout.judge as JudgeState | undefined);
  let told = nextMinute(rollout);
  for (const { minute, candidate, baseline } of minutes) {
    if (minute !== told) {
      throw new Error(`the counts are of minute ${minute}, and ${told} is the next to be told`);
    }
    told += 1;
    const { verdict, gate } = judge.take({ minute, step: stepAt(rollout, minute), candidate, baseline });
    const judgement = judge.judgement();
    const { step } = judgement;
    const before = draft.rollout.verdict;
    draft.set({ looks: [...draft.current.looks, judgement].slice(-MOST_LOOKS) });
    draft.change({ judgement, verdict: { verdict, gate, step } });
    if (before === undefined || before.verdict !== verdict || before.step !== step) {
      draft.tell('verdict', `${verdict} at ${judgement.percent} %: ${gate}`, {
        ...(verdict === 'HOLD' ? {} : { judgement }),
      });
    }
    if (verdict === 'ROLLBACK') {
      break;
    }
  }
  draft.change({ judge: judge.snapshot() });
}

function nextMinute({ judgement, shifts }: Rollout): number {
  return judgement === undefined ? shifts[0].minute : judgement.minute + 1;
}

/** The minute of a change belongs to the new step. */
function stepAt({ shifts }: Rollout, minute: number): number {
  return shifts.filter((shift) => shift.minute <= minute).at(-1)!.step;
}
