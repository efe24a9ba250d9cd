import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import type { RolloutEvent } from '../../../../lambda/rollout/contract';
import { EventNotifier, subjectOf } from '../../../../lambda/rollout-controller/ports/event-notifier';
import type { Judgement } from '../../../../lambda/rollout-judge/contract';
import { EventService } from '../../rollout-services/event-service';
import { LoopbackServices } from '../../rollout-services/loopback-services';
import { TopicService } from '../../rollout-services/raw-services';

let bus: EventService;
let topic: TopicService;
let loopback: LoopbackServices;
let stop: () => void;
beforeEach(async () => {
  bus = new EventService();
  topic = new TopicService();
  loopback = new LoopbackServices([bus], [topic]);
  stop = await loopback.start();
});
afterEach(() => stop());

function notifier(topicArn?: string): EventNotifier {
  const clients = { maxAttempts: 1 };
  return new EventNotifier(new EventBridgeClient(clients), new SNSClient(clients), topicArn);
}

function event(place: number, what: RolloutEvent['what'], change: Partial<RolloutEvent> = {}): RolloutEvent {
  return {
    place,
    time: Date.UTC(2026, 10, 22, 16),
    attempt: 1,
    what,
    phase: 'baking',
    step: 0,
    text: `entry ${place}`,
    target: 'fraud:live',
    candidate: '2',
    baseline: '1',
    ...change,
  };
}
const told = (): number[] => bus.events.map(({ Detail }) => (JSON.parse(Detail) as RolloutEvent).place);
const operations = (): string[] => loopback.calls.map(({ operation }) => operation);

test('every transition is an event, in order, as many in a request as it may have', async () => {
  await notifier().tell(Array.from({ length: 23 }, (_, place) => event(place, 'shifted')));
  expect(told()).toEqual(Array.from({ length: 23 }, (_, place) => place));
  expect(operations()).toEqual(['PutEvents', 'PutEvents', 'PutEvents']);
  expect(bus.events[0]).toMatchObject({ Source: 'inference-patterns.rollout', DetailType: 'Rollout Transition' });
  expect(JSON.parse(bus.events[0].Detail)).toEqual(event(0, 'shifted'));
});

test('figures that are large are spread over requests, and left out where they are too large by themselves', async () => {
  const judgement = (characters: number): Partial<RolloutEvent> => ({
    judgement: { gate: 'x'.repeat(characters) } as unknown as Judgement,
  });
  await notifier('arn:aws:sns:eu-west-1:111122223333:people').tell([
    event(0, 'verdict', judgement(90_000)),
    event(1, 'verdict', judgement(90_000)),
    event(2, 'verdict', judgement(90_000)),
    event(3, 'ended', judgement(300_000)),
  ]);
  expect(told()).toEqual([0, 1, 2, 3]);
  expect('judgement' in JSON.parse(bus.events[3].Detail)).toBe(false);
  expect(operations().filter((name) => name === 'PutEvents')).toHaveLength(2);
  expect(Math.max(...topic.messages.map(({ Message }) => Message.length))).toBeLessThan(256 * 1024);
});

test('an event that is not taken is an error, so that all are told again', async () => {
  bus.refused = ({ Detail }) => Detail.includes('entry 1');
  await expect(notifier().tell([event(0, 'started'), event(1, 'checked')])).rejects.toThrow(
    'EventBridge took 1 of 2 events not: InternalFailure: not now',
  );
});

test('people are told what they want to know, and nothing without a topic', async () => {
  const all = (
    ['started', 'checked', 'staged', 'shifted', 'verdict', 'paused', 'resumed', 'waiting', 'verb', 'refused'] as const
  ).map((what, place) => event(place, what));
  await notifier().tell(all);
  expect(topic.messages).toEqual([]);
  await notifier('arn:aws:sns:eu-west-1:111122223333:people').tell([
    ...all,
    event(20, 'retreating'),
    event(21, 'stuck'),
    event(22, 'ended', { outcome: 'rolled-back', reason: 'judged' }),
  ]);
  expect(topic.messages.map(({ Subject }) => Subject)).toEqual([
    'Rollout of fraud:live: started',
    'Rollout of fraud:live: verdict',
    'Rollout of fraud:live: paused',
    'Rollout of fraud:live: waiting',
    'Rollout of fraud:live: refused',
    'Rollout of fraud:live: retreating',
    'Rollout of fraud:live: stuck',
    'Rollout of fraud:live: rolled-back',
  ]);
  expect(operations().slice(-9)).toEqual(['PutEvents', ...Array<string>(8).fill('Publish')].slice(-9));
});

test.each([
  ['HOLD', 'no-data', 0],
  ['HOLD', 'bake', 0],
  ['PROMOTE', 'none', 0],
  ['HOLD', 'warning', 1],
  ['HOLD', 'baseline-bad', 1],
  ['INCONCLUSIVE', 'samples', 1],
  ['ROLLBACK', 'evidence', 1],
])('the verdict %s for %s is %p message', async (verdict, gate, messages) => {
  const judgement = { verdict, gate } as unknown as Judgement;
  await notifier('arn:aws:sns:eu-west-1:111122223333:people').tell([event(0, 'verdict', { judgement })]);
  expect(topic.messages).toHaveLength(messages);
  expect(told()).toEqual([0]);
});

test('a message is for people first, and has the whole event in its last line', async () => {
  const ended = event(22, 'ended', { text: 'rolled-back: errors: 40 of 60', outcome: 'rolled-back', by: 'Ada' });
  await notifier('arn:aws:sns:eu-west-1:111122223333:people').tell([ended]);
  const [{ Message, ...rest }] = topic.messages;
  const lines = Message.split('\n');
  expect(lines.slice(0, -2)).toEqual([
    'ended: rolled-back: errors: 40 of 60',
    '',
    'Target:  fraud:live',
    'Version: version 2, against 1',
    'Phase:   baking',
    'By:      Ada',
    'Time:    2026-11-22T16:00:00.000Z',
  ]);
  expect(JSON.parse(lines.at(-1)!)).toEqual(ended);
  expect(Object.values(rest)).toEqual(expect.arrayContaining(['rolled-back', 'fraud:live', 'ended']));
});

test('a subject is short, and of printable ASCII', () => {
  const long = subjectOf(event(0, 'started', { target: 'a'.repeat(140) }));
  expect(long).toHaveLength(100);
  expect(subjectOf(event(0, 'started', { target: 'größe\n' }))).toBe('Rollout of gr??e?: started');
});
