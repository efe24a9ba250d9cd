import type { Phase, Reason, Rollout, RolloutItem, TrailEntry } from '../rollout/contract';

const MINUTE = 60_000;

/** More entries are not kept when they were told and archived, nor, at the outside, when they were not. */
const KEPT_ENTRIES = 40;
const MOST_ENTRIES = 120;

/** An item while one tick changes it. What it was made of stays as it is. */
export class Draft {
  private item: RolloutItem;

  constructor(
    item: RolloutItem,
    readonly now: number,
  ) {
    this.item = item;
  }

  get current(): RolloutItem {
    return this.item;
  }

  get minute(): number {
    return Math.floor(this.now / MINUTE);
  }

  /** The rollout that goes on, or the last one. */
  get rollout(): Rollout {
    if (this.item.rollout === undefined) {
      throw new Error(`there was no rollout of '${this.item.target}' so far`);
    }
    return this.item.rollout;
  }

  get running(): boolean {
    return isRunning(this.item);
  }

  set(change: Partial<RolloutItem>): void {
    this.item = { ...this.item, ...change };
  }

  change(change: Partial<Rollout>): void {
    this.item = { ...this.item, rollout: { ...this.rollout, ...change } };
  }

  enter(phase: Phase, change: Partial<Rollout> = {}): void {
    this.change({ ...change, phase, phaseSince: this.now, trouble: undefined });
  }

  /** Nothing is decided any more but to go back; the reason is the first. */
  retreat(reason: Reason): void {
    if (this.rollout.phase === 'retreating') {
      return;
    }
    const first = this.rollout.baseline === undefined;
    this.enter(first ? 'cleaning' : 'retreating', { reason, pause: undefined, promote: undefined, retreated: false });
    if (first) {
      this.change({ outcome: 'rolled-back', litter: [...this.rollout.litter, this.rollout.candidate] });
    }
    this.tell('retreating', reason.text, { judgement: this.rollout.judgement });
  }

  tell(what: TrailEntry['what'], text: string, more: Partial<TrailEntry> = {}): void {
    const { rollout, nextEntry, trail } = this.item;
    const entry: TrailEntry = {
      place: nextEntry,
      time: this.now,
      attempt: rollout?.attempt ?? 0,
      what,
      phase: rollout?.phase ?? 'done',
      step: rollout?.step ?? -1,
      text,
      ...more,
    };
    this.set({ nextEntry: nextEntry + 1, trail: bounded([...trail, entry], this.item) });
  }
}

export function isRunning({ rollout }: RolloutItem): boolean {
  return rollout !== undefined && rollout.phase !== 'done';
}

/** Share of the candidate that the rollout gave it: it has not more, except while a shift is under way. */
export function shareOf({ shifts, settings }: Rollout): number {
  return shifts.length === 0 ? 0 : settings.judge.steps[shifts[shifts.length - 1].step].percent;
}

export function lastStep({ settings }: Rollout): number {
  return settings.judge.steps.length - 1;
}

/** The step after this one, which is the last when somebody wants that. */
export function nextStep(rollout: Rollout): number {
  return rollout.promote === undefined ? rollout.step + 1 : lastStep(rollout);
}

/** Whether a step must be approved before it begins, and was not. */
export function isGated(rollout: Rollout, step: number): boolean {
  return rollout.promote === undefined && rollout.settings.gates.includes(step) && !rollout.approved.includes(step);
}

/** The step that only waits for an approval, as far as the rollout is concerned. */
export function gatedStep(rollout: Rollout): number | undefined {
  const { phase, step, shifts } = rollout;
  const next = phase === 'checking' && shifts.length === 0 ? 0 : phase === 'baking' ? step + 1 : undefined;
  return next !== undefined && next <= lastStep(rollout) && isGated(rollout, next) ? next : undefined;
}

/** Of what everybody was told, only the latest is kept, without its figures. */
export function bounded(
  trail: readonly TrailEntry[],
  { told, archived }: Pick<RolloutItem, 'told' | 'archived'>,
): readonly TrailEntry[] {
  const known = trail.filter(({ place }) => place < Math.min(told, archived));
  const rest = trail.filter(({ place }) => place >= Math.min(told, archived));
  return [...known.slice(-KEPT_ENTRIES).map((entry) => ({ ...entry, judgement: undefined })), ...rest].slice(
    -MOST_ENTRIES,
  );
}
