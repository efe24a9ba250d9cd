import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { SinkAnswer, SinkSettings } from '../../stream/contract';
import type { Deadline, EncodedPrediction, Sink } from '../ports';
import { backoff, REAL_TIME, type Time } from '../time';
import { isTransient } from '../transient-error';

type FunctionSettings = Extract<SinkSettings, { readonly kind: 'function' }>;

const HEAD = '{"predictions":[';
const TAIL = ']}';
const AROUND = HEAD.length + TAIL.length;

/** In milliseconds: after the first call in a row that wrote nothing, and at most. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/** So long before the deadline it ends, in milliseconds, that what is written by then can still be said. */
const MARGIN = 100;

/**
 * Calls a function of the user's with predictions, one call after another, each with those that come next. What it does not say to be
 * written is sent again, with what follows it: so the order holds, and a call that broke off is repeated.
 *
 * A call is given up only when the time is over, as the function would go on, and a second call beside it could overtake it.
 */
export class FunctionSink implements Sink {
  public readonly name: string;
  public readonly idempotent: boolean;
  public readonly maxBytes: number;

  public constructor(
    private readonly client: LambdaClient,
    private readonly settings: FunctionSettings,
    private readonly time: Time = REAL_TIME,
    private readonly random: () => number = Math.random,
  ) {
    this.name = `function:${settings.functionArn.split(':').slice(6).join(':')}`;
    this.idempotent = settings.idempotent;
    this.maxBytes = settings.maxBytes - AROUND;
  }

  public async write(predictions: readonly EncodedPrediction[], deadline: Deadline): Promise<number> {
    const left = (): number => deadline.remaining() - MARGIN;
    let written = 0;
    let failures = 0;
    let failed: Error | undefined;
    while (written < predictions.length && left() > 0) {
      const next = this.nextCall(predictions, written);
      try {
        const accepted = await this.call(next, left());
        written += accepted;
        failures = accepted > 0 ? 0 : failures + 1;
        failed = accepted > 0 ? undefined : new Error('it answers that nothing is written');
        if (accepted === next.length) {
          continue;
        }
      } catch (error) {
        failures++;
        failed = error as Error;
        if (!isTransient(error)) {
          break;
        }
      }
      const pause = backoff(Math.max(1, failures), FIRST_PAUSE, LONGEST_PAUSE, this.random());
      await this.time.sleep(Math.min(pause, Math.max(0, left())));
    }
    if (failed !== undefined && written === 0) {
      throw failed;
    }
    return written;
  }

  /** The JSON of as many predictions from this place on as one call may have. */
  private nextCall(predictions: readonly EncodedPrediction[], from: number): string[] {
    const { maxRecords, maxBytes } = this.settings;
    const texts: string[] = [];
    let bytes = AROUND;
    for (let place = from; place < predictions.length && texts.length < maxRecords; place++) {
      const { json } = predictions[place];
      bytes += Buffer.byteLength(json) + (texts.length > 0 ? 1 : 0);
      if (texts.length > 0 && bytes > maxBytes) {
        break;
      }
      texts.push(json);
    }
    return texts;
  }

  private async call(texts: readonly string[], milliseconds: number): Promise<number> {
    const command = new InvokeCommand({
      FunctionName: this.settings.functionArn,
      Payload: Buffer.from(`${HEAD}${texts.join(',')}${TAIL}`),
    });
    const { FunctionError: kind, Payload: payload } = await this.client.send(command, {
      abortSignal: AbortSignal.timeout(Math.ceil(milliseconds)),
    });
    const answer = parsed(payload);
    if (kind !== undefined) {
      // Its message may have records in it, which are for no log.
      const type = (answer as { readonly errorType?: unknown } | undefined)?.errorType;
      throw new Error(`it failed: ${kind}${typeof type === 'string' ? `, ${type}` : ''}`);
    }
    const written = (answer as Partial<SinkAnswer> | null | undefined)?.written;
    if (typeof written !== 'number' || !Number.isInteger(written) || written < 0 || written > texts.length) {
      throw new Error(`it must answer {"written": n} with n from 0 to ${texts.length}, the number of predictions`);
    }
    return written;
  }
}

function parsed(payload: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(payload ?? []).toString());
  } catch {
    return undefined;
  }
}

/** One attempt for each call, and no time-out of its own while the function works: see {@link FunctionSink}. */
export function functionClient(): LambdaClient {
  return new LambdaClient({
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ connectionTimeout: 3_000 }),
  });
}
