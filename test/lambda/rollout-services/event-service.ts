import * as eventbridge from '@aws-sdk/client-eventbridge';
import type { Values } from './client-schema';
import { Refusal, type SimulatedService } from './loopback-services';

interface Entry {
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

const MOST_ENTRIES = 10;
const MOST_BYTES = 256 * 1024;

/**
 * The default bus of EventBridge, which keeps what it is told. It may take some of the events of a request and others not.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export class EventService implements SimulatedService {
  public readonly name = 'EventBridge';
  public readonly client = eventbridge as unknown as Values;
  public readonly target = 'AWSEvents';
  public readonly throttling = 'ThrottlingException';
  public readonly operations = { PutEvents: (input: Values): Values => this.put(input) };
  public readonly events: Entry[] = [];
  /** Which of the next events are not taken. */
  public refused: (entry: Entry) => boolean = () => false;

  private put({ Entries }: Values): Values {
    const entries = Entries as readonly Entry[];
    if (entries.length > MOST_ENTRIES) {
      throw new Refusal('ValidationException', `${entries.length} entries, at most ${MOST_ENTRIES}`);
    }
    if (Buffer.byteLength(entries.map(({ Detail }) => Detail).join('')) > MOST_BYTES) {
      throw new Refusal('ValidationException', 'Total size of the entries in the request is over the limit.');
    }
    const results = entries.map((entry) => {
      if (this.refused(entry)) {
        return { ErrorCode: 'InternalFailure', ErrorMessage: 'not now' };
      }
      this.events.push(entry);
      return { EventId: String(this.events.length) };
    });
    return {
      FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length,
      Entries: results,
    };
  }
}
