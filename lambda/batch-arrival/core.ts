import { nextStep, type Patience, SETTLED, type Waiting } from './next-step';

/** Where a run waits for its time. */
export interface WaitingRun {
  read(): Promise<Waiting | undefined>;
  /** False where there is one already. */
  create(waiting: Waiting): Promise<boolean>;
  /** False where it is gone, or somebody else moves it. Given up, and thrown, when it takes longer than that. */
  move(waiting: Waiting, withinMilliseconds: number): Promise<boolean>;
}

/** Others may do the same at the same time, but not over and over again. */
const TRIES = 5;

/** What is left of the time before a run that is moved begins. */
const TO_SPARE = SETTLED / 2;

/** Sees to it that a run begins after all of these arrivals, but for those that it answers: they are to be told of once more. */
export async function arrive(
  run: WaitingRun,
  arrivals: readonly number[],
  patience: Patience,
  now: () => number,
): Promise<(arrival: number) => boolean> {
  for (let tries = 0; tries < TRIES; tries++) {
    const before = await run.read();
    const step = nextStep(before, arrivals, now(), patience);
    if (step.kind === 'none') {
      return step.tooLate;
    }
    const done =
      step.kind === 'create'
        ? await run.create(step.waiting)
        : await run.move(step.waiting, before!.due - now() - TO_SPARE);
    if (done) {
      return () => false;
    }
  }
  throw new Error('others moved the run that waits again and again: the arrivals are told of once more');
}
