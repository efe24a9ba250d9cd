import { EndpointState, endpointScorer, type Invoke } from '../../../../lambda/stream-score/endpoint/endpoint-scorer';
import type { Scores } from '../../../../lambda/stream-score/ports';
import type { EndpointSettings } from '../../../../lambda/stream/contract';
import { VirtualTime } from '../../batch-arrival/virtual-time';
import { deadlineIn, passing, timeOf } from '../virtual-time';

/** What the endpoint does with a call instead of an answer. */
export type Fate =
  | 'answer'
  | 'throttle'
  | 'unavailable'
  | 'fail'
  | 'silence'
  | { readonly model: number; readonly message?: string }
  | { readonly status: number; readonly name: string };

const SETTINGS: EndpointSettings = {
  endpointName: 'tumour',
  contentType: 'application/json',
  maxRecords: 10,
  maxBytes: 100_000,
  maxConcurrency: 16,
};

/** Instances are numbers; the prediction of each is its double. */
export class VirtualEndpoint {
  public readonly time = new VirtualTime();
  public readonly state = new EndpointState(timeOf(this.time));
  public fate: (instances: readonly number[]) => Fate = () => 'answer';
  public body = (instances: readonly number[]): string =>
    JSON.stringify({ predictions: instances.map((instance) => 2 * instance) });
  public latency = 50;
  public calls: { readonly at: number; readonly instances: readonly number[]; readonly answered: boolean }[] = [];
  public most = 0;
  private underWay = 0;

  public readonly invoke: Invoke = async (body, milliseconds) => {
    const { instances } = JSON.parse(body) as { instances: number[] };
    const fate = this.fate(instances);
    this.calls.push({ at: this.time.now, instances, answered: fate === 'answer' });
    this.most = Math.max(this.most, ++this.underWay);
    // A refusal comes at once.
    await this.time.sleep(
      fate === 'silence' ? milliseconds : fate === 'throttle' ? 5 : Math.min(this.latency, milliseconds),
    );
    this.underWay--;
    if (fate === 'answer') {
      return { body: this.body(instances), contentType: 'application/json' };
    }
    throw errorOf(fate);
  };

  public score(
    instances: readonly unknown[],
    milliseconds: number,
    more: Partial<EndpointSettings> = {},
  ): Promise<Scores> {
    return passing(this.time, this.begin(instances, milliseconds, more));
  }

  public begin(
    instances: readonly unknown[],
    milliseconds: number,
    more: Partial<EndpointSettings> = {},
  ): Promise<Scores> {
    const scorer = endpointScorer({
      model: { name: 'tumour', version: '3' },
      settings: { ...SETTINGS, ...more },
      invoke: this.invoke,
      state: this.state,
      random: () => 0.5,
    });
    return Promise.resolve(scorer.score(instances, deadlineIn(this.time, milliseconds)));
  }

  /** Takes calls up to so many a second, as a bucket that holds a tenth of a second does, and refuses the others. */
  public limit(callsPerSecond: () => number): void {
    let tokens = 1;
    let at = this.time.now;
    this.fate = () => {
      const rate = callsPerSecond();
      tokens = Math.min(Math.max(1, rate / 10), tokens + ((this.time.now - at) * rate) / 1_000);
      at = this.time.now;
      if (tokens < 1) {
        return 'throttle';
      }
      tokens--;
      return 'answer';
    };
  }

  public between(from: number, to: number): { readonly calls: number; readonly answers: number } {
    const calls = this.calls.filter(({ at }) => at >= from && at < to);
    return { calls: calls.length, answers: calls.filter(({ answered }) => answered).length };
  }
}

/** What a call throws, as the SDK does. */
export function errorOf(fate: Exclude<Fate, 'answer'>): Error {
  const error = (name: string, httpStatusCode?: number, more = {}): Error =>
    Object.assign(new Error(`${name} it is`), {
      name,
      ...(httpStatusCode === undefined ? {} : { $metadata: { httpStatusCode } }),
      ...more,
    });
  switch (fate) {
    case 'throttle':
      return error('ThrottlingException', 429);
    case 'unavailable':
      return error('ServiceUnavailable', 503);
    case 'fail':
      return error('InternalFailure', 500);
    case 'silence':
      return error('AbortError');
  }
  return 'model' in fate
    ? error('ModelError', 424, { OriginalStatusCode: fate.model, OriginalMessage: fate.message })
    : error(fate.name, fate.status);
}
