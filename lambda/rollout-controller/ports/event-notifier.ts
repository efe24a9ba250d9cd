import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { EVENT_DETAIL_TYPE, EVENT_SOURCE, type RolloutEvent, type TrailEntry } from '../../rollout/contract';
import type { Gate } from '../../rollout-judge/contract';
import type { Notifier } from '../../rollout/ports';

/** What one request of EventBridge may have; the whole of it at most 256 KB, of which something is left for the rest. */
const MOST_EVENTS = 10;
const MOST_BYTES = 200_000;

/** Of a message of SNS. */
const MOST_SUBJECT = 100;
const MOST_MESSAGE = 200_000;

/** What somebody wants to be told of; the rest is for machines and for the record. */
const FOR_PEOPLE: readonly TrailEntry['what'][] = [
  'started',
  'verdict',
  'paused',
  'waiting',
  'retreating',
  'stuck',
  'refused',
  'ended',
];

const ROUTINE: readonly Gate[] = ['bake', 'no-data', 'samples'];

/**
 * Tells transitions: all of them as events of the default bus, and those that people want as messages, where there is a topic.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export class EventNotifier implements Notifier {
  constructor(
    private readonly events: EventBridgeClient,
    private readonly topics: SNSClient,
    private readonly topicArn: string | undefined,
  ) {}

  public async tell(events: readonly RolloutEvent[]): Promise<void> {
    let entries: PutEventsRequestEntry[] = [];
    let bytes = 0;
    for (const event of events) {
      const entry = entryOf(event);
      const size = Buffer.byteLength(entry.Detail!);
      if (entries.length === MOST_EVENTS || (entries.length > 0 && bytes + size > MOST_BYTES)) {
        await this.put(entries);
        [entries, bytes] = [[], 0];
      }
      entries.push(entry);
      bytes += size;
    }
    await this.put(entries);
    for (const event of this.topicArn === undefined ? [] : events) {
      if (FOR_PEOPLE.includes(event.what) && !isRoutine(event)) {
        await this.publish(event);
      }
    }
  }

  private async put(Entries: PutEventsRequestEntry[]): Promise<void> {
    if (Entries.length === 0) {
      return;
    }
    const { FailedEntryCount, Entries: results } = await this.events.send(new PutEventsCommand({ Entries }));
    if ((FailedEntryCount ?? 0) > 0) {
      const reasons = (results ?? []).flatMap(({ ErrorCode, ErrorMessage }) =>
        ErrorCode === undefined ? [] : [`${ErrorCode}: ${ErrorMessage}`],
      );
      throw new Error(`EventBridge took ${FailedEntryCount} of ${Entries.length} events not: ${reasons.join('; ')}`);
    }
  }

  private async publish(event: RolloutEvent): Promise<void> {
    await this.topics.send(
      new PublishCommand({
        TopicArn: this.topicArn,
        Subject: subjectOf(event),
        Message: messageOf(event),
        // Subscribers may filter by them.
        MessageAttributes: Object.fromEntries(
          (['target', 'what', 'outcome'] as const).flatMap((name) =>
            event[name] === undefined ? [] : [[name, { DataType: 'String', StringValue: event[name] }]],
          ),
        ),
      }),
    );
  }
}

/** Each step waits for its data, its requests and the end of its bake. */
function isRoutine({ what, judgement }: RolloutEvent): boolean {
  return (
    what === 'verdict' &&
    (judgement?.verdict === 'PROMOTE' || (judgement?.verdict === 'HOLD' && ROUTINE.includes(judgement.gate)))
  );
}

function entryOf(event: RolloutEvent): PutEventsRequestEntry {
  return {
    Source: EVENT_SOURCE,
    DetailType: EVENT_DETAIL_TYPE,
    Time: new Date(event.time),
    Detail: within(event, MOST_BYTES),
  };
}

/** The figures of very many metrics may be too much; they are among the evidence. */
function within(event: RolloutEvent, most: number): string {
  const whole = JSON.stringify(event);
  return Buffer.byteLength(whole) <= most ? whole : JSON.stringify({ ...event, judgement: undefined });
}

/**
 * Of printable ASCII characters alone, which is all that a subject may have.
 *
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export function subjectOf({ target, what, outcome }: RolloutEvent): string {
  const text = `Rollout of ${target}: ${outcome ?? what}`.replaceAll(/[^\x20-\x7e]/g, '?');
  return text.length <= MOST_SUBJECT ? text : `${text.slice(0, MOST_SUBJECT - 3)}...`;
}

function messageOf(event: RolloutEvent): string {
  const { target, what, text, by, time, candidate, baseline, phase } = event;
  const versions = baseline === undefined ? `version ${candidate}` : `version ${candidate}, against ${baseline}`;
  return [
    `${what}: ${text}`,
    '',
    `Target:  ${target}`,
    ...(candidate === undefined ? [] : [`Version: ${versions}`]),
    `Phase:   ${phase}`,
    ...(by === undefined ? [] : [`By:      ${by}`]),
    `Time:    ${new Date(time).toISOString()}`,
    '',
    within(event, MOST_MESSAGE),
  ].join('\n');
}
