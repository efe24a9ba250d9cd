import type { Predictor } from '../../lambda/predict/core';
import { featureCount } from '../../lambda/predict/features';
import type { Answer, FaultLog, Invocation } from './invocation';
import { answer } from './invocation';
import type { WorkerPool } from './worker-pool';
import type { ModelSpeed } from './open-model';

/** What this thread may spend on one request before it looks after pings again. */
const SPARE_MILLISECONDS = 20;
/** A request that took so much longer than foreseen is the last one that this thread answers itself. */
const TOO_LONG_MILLISECONDS = 250;
/** A value is at least a digit and what parts it from the next one. */
const MIN_BYTES_PER_VALUE = 2;

interface Waiting {
  readonly invocation: Invocation;
  readonly resolve: (answer: Answer) => void;
}

/**
 * Decides which thread answers. To hand a request over and get its answer back takes longer than a small model does, so a quick
 * one that arrives alone is answered right here; when several arrive in one turn of the event loop, the workers take them.
 */
export class Dispatcher {
  private turn: Waiting[] = [];
  private own?: { readonly predictor: Predictor; readonly maxBytes: number };

  constructor(
    private readonly pool: WorkerPool,
    private readonly logFault: FaultLog,
  ) {}

  /** Lets this thread answer what is quick. */
  public help(predictor: Predictor, { runMilliseconds }: ModelSpeed): void {
    this.own = { predictor, maxBytes: quickBytes(runMilliseconds, featureCount(predictor.model.input)) };
  }

  public answer(invocation: Invocation): Promise<Answer> {
    return new Promise((resolve) => {
      if (this.turn.push({ invocation, resolve }) === 1) {
        setImmediate(() => this.endTurn());
      }
    });
  }

  private endTurn(): void {
    const turn = this.turn;
    this.turn = [];
    const [{ invocation, resolve }] = turn;
    if (turn.length === 1 && this.own !== undefined && invocation.body.length <= this.own.maxBytes) {
      resolve(this.answerHere(this.own.predictor, invocation));
      return;
    }
    for (const waiting of turn) {
      void this.pool.answer(waiting.invocation).then(waiting.resolve);
    }
  }

  private answerHere(predictor: Predictor, invocation: Invocation): Answer {
    const started = performance.now();
    const answered = answer(predictor, invocation, this.logFault);
    if (performance.now() - started > TOO_LONG_MILLISECONDS) {
      this.own = undefined;
    }
    return answered;
  }
}

/** A body of up to so many bytes is answered within the time to spare, however many instances it holds. */
export function quickBytes(runMilliseconds: number, features: number): number {
  const instances = Math.floor(SPARE_MILLISECONDS / runMilliseconds);
  return instances * features * MIN_BYTES_PER_VALUE;
}
