import type { KinesisStreamEvent } from 'aws-lambda';
import type { QuarantinedRecord, Reason, StreamPrediction } from '../../../lambda/stream/contract';
import type { Predictor } from '../../../lambda/predict/core';
import { consume, type ConsumerParts } from '../../../lambda/stream-score/consume';
import { recordDecoder } from '../../../lambda/stream-score/decode-record';
import { encoder } from '../../../lambda/stream-score/encode';
import { EndpointState, endpointScorer, type Invoke } from '../../../lambda/stream-score/endpoint/endpoint-scorer';
import { modelScorer } from '../../../lambda/stream-score/model-scorer';
import type { Deadline, EncodedPrediction, Quarantine, Scorer, Sink } from '../../../lambda/stream-score/ports';
import { validated } from '../../../lambda/stream-score/validated';
import { VirtualTime } from '../batch-arrival/virtual-time';
import { errorOf } from './endpoint/virtual-endpoint';
import { kinesisRecord } from './kinesis-event';
import { timeOf } from './virtual-time';

/** What may happen by no fault of a record. */
export type Chance =
  | 'sink down'
  | 'sink partial'
  | 'sink slow'
  | 'sink silent'
  | 'quarantine down'
  | 'quarantine silent'
  | 'model exception'
  | 'endpoint throttles'
  | 'endpoint fails'
  | 'endpoint silent'
  | 'death before write'
  | 'death within write'
  | 'death after write'
  | 'answer lost'
  | 'delivered twice';

/** What a record is, and why it is quarantined; none where it can be predicted. */
export const NATURES = {
  good: undefined,
  broken: 'UNDECODABLE',
  refused: 'INVALID_INPUT',
  large: 'TOO_LARGE',
  crashing: 'MODEL_ERROR',
  infinite: 'NOT_FINITE',
} as const satisfies Record<string, Reason | undefined>;
export type Nature = keyof typeof NATURES;

const DATA: Readonly<Record<Nature, string>> = {
  good: '{"x":1}',
  broken: '{"x":',
  refused: '{"x":"no"}',
  large: `{"x":1${' '.repeat(100)}}`,
  crashing: '{"x":9}',
  infinite: '{"x":2}',
};

/** An accepted record. */
export interface Accepted {
  readonly id: string;
  readonly shard: string;
  readonly key: string;
  readonly sequenceNumber: string;
  readonly nature: Nature;
}

/** Milliseconds that an invocation has. */
const TIMEOUT = 10_000;

/** One invocation. When it has ended, nothing that it asks for is done any more, and nothing comes back to it. */
class Life {
  public ended = false;
  private end: () => void = () => undefined;
  public readonly death = new Promise<'dead'>((resolve) => (this.end = () => resolve('dead')));

  public constructor(
    private readonly time: VirtualTime,
    public readonly until: number,
  ) {
    void time.until(until).then(() => this.die());
  }

  public die(): void {
    this.ended = true;
    this.end();
  }

  /** Does not come back in an invocation that has ended. */
  public async check(): Promise<void> {
    if (this.ended || this.time.now >= this.until) {
      await new Promise<never>(() => undefined);
    }
  }

  public deadline(milliseconds: number): Deadline {
    const end = this.time.now + milliseconds;
    const over = new AbortController();
    void this.time.until(end).then(() => over.abort());
    return { remaining: () => end - this.time.now, signal: over.signal };
  }
}

/** The sinks, the quarantine and the model around one consumer, and what came to be in them. */
export class StreamWorld {
  public readonly time = new VirtualTime();
  /** Predictions by inference id, as a table keeps them. */
  public readonly table = new Map<string, StreamPrediction>();
  /** Predictions in the order in which they were written, as a stream keeps them. */
  public readonly log: StreamPrediction[] = [];
  public readonly quarantined = new Map<string, QuarantinedRecord>();
  public predicted = 0;
  public chance: (what: Chance) => boolean = () => false;
  /** What environments without an invocation know of the endpoint: an invocation that breaks off takes its own along. */
  private readonly idle: EndpointState[] = [];
  /** A number below the given one, for how far something went. */
  public draw: (below: number) => number = () => 0;

  public constructor(
    private readonly predictor: Predictor,
    private readonly shape: { readonly tensorBatch: number; readonly pace: number; readonly endpoint?: boolean },
  ) {}

  /** One call of the function: the first record that is to come again, none, or `failed`. */
  public async invoke(records: readonly Accepted[]): Promise<string | undefined> {
    const life = new Life(this.time, this.time.now + TIMEOUT);
    const known = this.idle.pop() ?? new EndpointState(timeOf(this.time));
    const parts = this.partsOf(life, known);
    const time = { score: life.deadline(TIMEOUT * 0.5), write: life.deadline(TIMEOUT * 0.9) };
    const called = consume(eventOf(records), parts, time).catch(() => 'failed' as const);
    const consumed = await Promise.race([called, life.death]);
    if (consumed !== 'dead') {
      this.idle.push(known);
    }
    if (consumed === 'dead' || consumed === 'failed' || this.time.now >= life.until || this.chance('answer lost')) {
      life.die();
      return 'failed';
    }
    life.die();
    return consumed.answer.batchItemFailures[0]?.itemIdentifier;
  }

  private partsOf(life: Life, known: EndpointState): ConsumerParts {
    const scorer = this.shape.endpoint === true ? this.endpoint(life, known) : this.scorer();
    return {
      maxRecordBytes: 50,
      decode: recordDecoder('json', undefined),
      scorer,
      encode: encoder(scorer.model, false),
      sinks: [this.stream(life), this.tableSink(life)],
      quarantine: this.quarantine(life),
      log: () => undefined,
    };
  }

  /** The model keeps its invocation busy: nothing else of it happens while the time passes. */
  private scorer(): Scorer {
    const { predictor } = this;
    const slow: Predictor = {
      ...predictor,
      predictEach: (instances) => {
        this.time.now += this.shape.pace * instances.length;
        this.predicted += instances.length;
        return predictor.predictEach(instances);
      },
    };
    const scorer = modelScorer(slow, this.shape.tensorBatch);
    return {
      ...scorer,
      score: (instances, deadline) =>
        this.chance('model exception')
          ? Promise.reject(new Error('the runtime is out of memory'))
          : scorer.score(instances, deadline),
    };
  }

  /** An endpoint that predicts as the model does; its requests take as long. */
  private endpoint(life: Life, known: EndpointState): Scorer {
    const invoke: Invoke = async (body, milliseconds) => {
      const { instances } = JSON.parse(body) as { instances: { x: number }[] };
      const silent = this.chance('endpoint silent');
      await this.wait(life, silent ? milliseconds : Math.min(milliseconds, 5 + this.shape.pace * instances.length));
      if (silent || 5 + this.shape.pace * instances.length >= milliseconds) {
        throw errorOf('silence');
      }
      if (this.chance('endpoint throttles')) {
        throw errorOf('throttle');
      }
      if (this.chance('endpoint fails')) {
        throw errorOf('fail');
      }
      if (instances.some(({ x }) => x === 9)) {
        throw errorOf({ model: 400 });
      }
      return {
        body: `{"predictions":[${instances.map(({ x }) => (x === 2 ? '-Infinity' : '1')).join(',')}]}`,
        contentType: 'application/json',
      };
    };
    const scorer = endpointScorer({
      model: { name: 'test-model', version: '1.2.3' },
      settings: {
        endpointName: 'numbers',
        contentType: 'application/json',
        maxRecords: this.shape.tensorBatch,
        maxBytes: 10_000,
        maxConcurrency: 3,
      },
      invoke,
      state: known,
      random: () => this.draw(1000) / 1000,
    });
    const isNumber = (instance: unknown): boolean => typeof (instance as { x: unknown }).x === 'number';
    return validated(scorer, Object.assign(isNumber, {}));
  }

  private tableSink(life: Life): Sink {
    const put = ({ prediction }: EncodedPrediction): void => {
      if (!this.table.has(prediction.inferenceId)) {
        this.table.set(prediction.inferenceId, prediction);
      }
    };
    return {
      name: 'table',
      idempotent: true,
      maxBytes: 1000,
      write: (predictions, deadline) =>
        this.write(life, deadline, predictions, put, (failed) => (_, place) => place !== failed),
    };
  }

  /** Keys do not wait for each other: behind the first that failed those of other keys may be written. */
  private stream(life: Life): Sink {
    const put = ({ prediction }: EncodedPrediction): void => void this.log.push(prediction);
    return {
      name: 'stream',
      idempotent: false,
      maxBytes: 1000,
      write: (predictions, deadline) =>
        this.write(life, deadline, predictions, put, (failed) => ({ prediction: { key } }, place) => {
          return place < failed || key !== predictions[failed].prediction.key;
        }),
    };
  }

  private async write(
    life: Life,
    deadline: Deadline,
    predictions: readonly EncodedPrediction[],
    put: (prediction: EncodedPrediction) => void,
    takes: (failed: number) => (prediction: EncodedPrediction, place: number) => boolean,
  ): Promise<number> {
    await this.pass(life, 'before');
    if (this.chance('sink silent')) {
      await new Promise<never>(() => undefined);
    }
    if (this.chance('sink slow')) {
      await this.wait(life, this.draw(TIMEOUT));
      if (deadline.remaining() <= 0) {
        return 0;
      }
    }
    if (this.chance('sink down')) {
      throw new Error('throttled');
    }
    const partial = this.chance('sink partial');
    const dying = this.chance('death within write');
    const failed = partial || dying ? this.draw(predictions.length) : predictions.length;
    predictions.filter(failed < predictions.length ? takes(failed) : () => true).forEach(put);
    if (dying) {
      life.die();
    }
    await this.pass(life, 'after');
    return failed;
  }

  private quarantine(life: Life): Quarantine {
    return {
      write: async (records) => {
        await this.pass(life, 'before');
        if (this.chance('quarantine silent')) {
          await new Promise<never>(() => undefined);
        }
        if (this.chance('quarantine down')) {
          throw new Error('throttled');
        }
        records.forEach((record) => this.quarantined.set(record.inferenceId, record));
        await this.pass(life, 'after');
      },
    };
  }

  private async pass(life: Life, when: 'before' | 'after'): Promise<void> {
    await this.wait(life, 5);
    if (this.chance(when === 'before' ? 'death before write' : 'death after write')) {
      life.die();
    }
    await life.check();
  }

  private async wait(life: Life, milliseconds: number): Promise<void> {
    await life.check();
    await this.time.sleep(milliseconds);
    await life.check();
  }
}

function eventOf(records: readonly Accepted[]): KinesisStreamEvent {
  return {
    Records: records.map(({ sequenceNumber, nature, key, shard }) =>
      kinesisRecord(DATA[nature], sequenceNumber, { key, shard }),
    ),
  };
}
