import type { ServedInput } from '../../predict/contract';
import { type EndpointSettings, REASONS, type StreamPrediction } from '../../stream/contract';
import type { Deadline, Fault, Scorer, Scores } from '../ports';
import { backoff, type Time } from '../time';
import { Breaker } from './breaker';
import { type InstanceEncoder, instanceEncoder } from './encode-instances';
import { failedCall, reasonOf } from './failed-call';
import { halves, type MicroBatch, microBatches } from './micro-batches';
import { Pace } from './pace';
import { type EndpointAnswer, NOT_FINITE, readPredictions } from './read-predictions';
import { RequestSize } from './request-size';

/** Calls the endpoint once, and gives up after so many milliseconds. Rejects as the SDK does. */
export type Invoke = (
  body: string,
  milliseconds: number,
) => Promise<{ readonly body: string; readonly contentType: string }>;

/** So long before the deadline it ends, in milliseconds, that what was reached can still be said. */
const MARGIN = 50;

/** An endpoint has a minute for an answer: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html */
const LONGEST_CALL = 65_000;
/** A call is not given up before, however little time that leaves for another one. */
const PATIENCE = 10_000;

/** How often a request is sent whose failure is not its own, and one over which the model fails: as it is, and with a single record. */
const ENDPOINT_ATTEMPTS = 4;
const MODEL_ATTEMPTS = 2;
const SINGLE_ATTEMPTS = 3;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/** What is known of an endpoint beyond an invocation. */
export class EndpointState {
  public readonly pace: Pace;
  public readonly breaker: Breaker;
  public readonly size = new RequestSize();
  /** Milliseconds of a call, as they were lately. */
  public usual = 0;

  public constructor(public readonly time: Time) {
    this.pace = new Pace(time);
    this.breaker = new Breaker(time);
  }
}

export interface EndpointParts {
  readonly model: StreamPrediction['model'];
  readonly input?: ServedInput;
  readonly settings: EndpointSettings;
  readonly invoke: Invoke;
  readonly state: EndpointState;
  readonly random?: () => number;
}

/** Predicts by an endpoint, by requests of several records each. */
export function endpointScorer(parts: EndpointParts): Scorer {
  const encoder = instanceEncoder(parts.settings.contentType, parts.input);
  return {
    model: parts.model,
    input: parts.input,
    score: (instances, deadline) => new Scoring(parts, encoder, instances, deadline).run(),
  };
}

/** A request that waits to be sent. */
interface Request extends MicroBatch {
  /** How often it failed, by no fault of a single record as far as is known. */
  readonly failures: number;
  /** When the first of these was, by the number of requests answered before; its halves inherit it. */
  readonly firstFailure?: number;
}

class Scoring {
  private readonly waiting: Request[];
  private readonly predictions: unknown[];
  private readonly models = new Map<number, StreamPrediction['model']>();
  private readonly faults = new Map<number, Fault>();
  private readonly settled: boolean[];
  /** No request is sent any more for this place and those after it. */
  private end = Infinity;
  private stopped?: string;
  private throttles = 0;
  private answered = 0;
  private milliseconds = 0;
  /** Of the time that there was at the beginning. */
  private readonly half: number;

  public constructor(
    private readonly parts: EndpointParts,
    private readonly encoder: InstanceEncoder,
    instances: readonly unknown[],
    private readonly deadline: Deadline,
  ) {
    this.predictions = new Array<unknown>(instances.length).fill(undefined);
    this.settled = new Array<boolean>(instances.length).fill(false);
    const { maxRecords, maxBytes } = parts.settings;
    const { batches, tooLarge } = microBatches(instances, encoder, {
      maxRecords: parts.state.size.of(maxRecords),
      maxBytes,
    });
    for (const [place, bytes] of tooLarge) {
      const cause = `it takes ${bytes} bytes of a request, which has at most ${maxBytes}`;
      this.fault(place, { reason: REASONS.tooLarge, cause });
    }
    this.half = this.remaining() / 2;
    this.waiting = batches.map((batch) => ({ ...batch, failures: 0 }));
  }

  public async run(): Promise<Scores> {
    const workers = Math.min(this.waiting.length, this.parts.settings.maxConcurrency);
    await Promise.all(Array.from({ length: workers }, () => this.work()));
    const open = this.settled.indexOf(false);
    return {
      predictions: this.predictions,
      models: this.models,
      faults: this.faults,
      reached: open === -1 ? this.settled.length : open,
      stopped: this.stopped,
      modelMilliseconds: this.milliseconds,
      throttles: this.throttles,
    };
  }

  private readonly remaining = (): number => this.deadline.remaining() - MARGIN;

  private async work(): Promise<void> {
    for (let request = this.waiting.shift(); request !== undefined; request = this.waiting.shift()) {
      if (request.places[0] < this.end) {
        this.enqueue(await this.send(request));
      }
    }
  }

  /** In front. Only halves over which the model failed go behind others of the kind, so that an answer to one of them tells soon whether it is ill. */
  private enqueue(requests: readonly Request[]): void {
    const suspect = ({ failures, firstFailure }: Request): boolean => failures === 0 && firstFailure !== undefined;
    let at = 0;
    while (requests.some(suspect) && at < this.waiting.length && this.waiting[at].firstFailure !== undefined) {
      at++;
    }
    this.waiting.splice(at, 0, ...requests);
  }

  /** Sends a request, and answers what is to be sent next because of it. */
  private async send(request: Request): Promise<readonly Request[]> {
    const { settings, invoke, state } = this.parts;
    const { pace, breaker, time } = state;
    // A call that would not come to its end costs the endpoint as much as one that does. But at the beginning one always goes out: that
    // calls took long at some time may be over.
    const spare = (): number => this.remaining() - Math.min(state.usual, this.half);
    if (!(await pace.turn(spare)) || !(await breaker.pass(spare, () => this.remaining() >= this.half))) {
      const why =
        breaker.state === 'closed'
          ? `${pace.callsPerSecond.toFixed(1)} calls a second are let out`
          : `the endpoint is spared, as it failed: ${breaker.reason}`;
      return this.stop(request, `${Math.round(this.deadline.remaining())} ms are left, and ${why}`);
    }
    if (request.places[0] >= this.end) {
      breaker.leave();
      return [];
    }
    const begun = time.now();
    const left = this.remaining();
    const allowed = Math.min(left, LONGEST_CALL, Math.max(PATIENCE, left / 2, 2 * state.usual));
    try {
      const answer = await invoke(this.encoder.join(request.instances), allowed);
      const took = time.now() - begun;
      state.size.answered(request.places.length, took, allowed);
      state.usual = state.usual === 0 ? took : 0.8 * state.usual + 0.2 * took;
      this.milliseconds += took;
      pace.answered();
      breaker.answered();
      return this.read(request, answer.body, answer.contentType || settings.contentType, begun);
    } catch (error) {
      this.milliseconds += time.now() - begun;
      return this.failed(request, error, begun);
    }
  }

  private read(request: Request, body: string, contentType: string, begun: number): readonly Request[] {
    let answer: EndpointAnswer;
    try {
      answer = readPredictions(body, contentType, request.places.length);
    } catch (error) {
      return this.isolate(request, (error as Error).message, begun);
    }
    this.answered++;
    const { predictions, model } = answer;
    request.places.forEach((place, index) => {
      if (predictions[index] === NOT_FINITE) {
        this.fault(place, { reason: REASONS.notFinite, cause: 'the endpoint answered a number that is not finite' });
      } else {
        this.predictions[place] = predictions[index];
        if (model !== undefined) {
          this.models.set(place, model);
        }
        this.settled[place] = true;
      }
    });
    return [];
  }

  private async failed(request: Request, error: unknown, begun: number): Promise<readonly Request[]> {
    const { pace, breaker } = this.parts.state;
    const reason = reasonOf(error);
    switch (failedCall(error)) {
      case 'refused':
        this.throttles++;
        pace.refused(begun);
        breaker.answered();
        return [request];
      case 'records':
        pace.answered();
        breaker.answered();
        return this.isolate(request, reason, begun);
      case 'model':
        pace.answered();
        breaker.failed(reason);
        return this.again(request, reason, request.places.length > 1 ? MODEL_ATTEMPTS : SINGLE_ATTEMPTS, (after) =>
          // A model that answers others is not ill: it is this record.
          after.places.length > 1 || this.answered > after.firstFailure!
            ? this.isolate(after, reason, begun)
            : this.stop(after, reason),
        );
      case 'silent':
        breaker.failed(reason);
        this.parts.state.size.tooMany(request.places.length);
        return this.smaller(await this.again(request, reason, ENDPOINT_ATTEMPTS, (after) => this.stop(after, reason)));
      case 'endpoint':
        breaker.failed(reason);
        return this.again(request, reason, ENDPOINT_ATTEMPTS, (after) => this.stop(after, reason));
      case 'setup':
        breaker.leave();
        return this.stop(request, reason);
    }
  }

  /** What was too much for the time of a call goes out in halves. */
  private smaller(requests: readonly Request[]): readonly Request[] {
    return requests.flatMap((request) =>
      request.places.length === 1 ? [request] : halves(request).map((half) => ({ ...request, ...half })),
    );
  }

  private async again(
    request: Request,
    reason: string,
    attempts: number,
    otherwise: (request: Request) => readonly Request[],
  ): Promise<readonly Request[]> {
    const after = { ...request, failures: request.failures + 1, firstFailure: request.firstFailure ?? this.answered };
    if (after.failures >= attempts) {
      return otherwise(after);
    }
    const pause = backoff(after.failures, FIRST_PAUSE, LONGEST_PAUSE, (this.parts.random ?? Math.random)());
    if (pause >= this.remaining()) {
      return this.stop(after, reason);
    }
    await this.parts.state.time.sleep(pause);
    return [after];
  }

  /** One of the records is at fault: half of them at a time, until it is alone. */
  private isolate(request: Request, cause: string, begun: number): readonly Request[] {
    if (request.places.length === 1) {
      this.fault(request.places[0], { reason: REASONS.modelFailed, cause });
      return [];
    }
    const { size, time } = this.parts.state;
    if (this.remaining() < time.now() - begun) {
      // No time for the halves: the next invocation is to begin with them.
      size.tooMany(request.places.length);
    }
    return halves(request).map((half) => ({ ...half, failures: 0, firstFailure: request.firstFailure }));
  }

  private stop({ places: [place] }: Request, why: string): readonly Request[] {
    if (place < this.end) {
      this.end = place;
      this.stopped = why;
    }
    return [];
  }

  private fault(place: number, fault: Fault): void {
    this.faults.set(place, fault);
    this.settled[place] = true;
  }
}
