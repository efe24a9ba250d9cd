import type { ProvisionedEnvironments } from '../../../lambda/rollout/contract';
import { statusOf } from '../../../lambda/rollout-controller/status';
import { DeployedRollout, listenForRollouts } from './deployed-rollout';

jest.setTimeout(60_000);

const SCALED: ProvisionedEnvironments = { min: 4, max: 20, targetUtilization: 0.7, schedules: [] };
const NOTHING = { shares: 'none', provisioned: [], scaled: [] };
const only = (version: string): object => ({ shares: { [version]: 1 }, versions: [version] });
const onlyScaled = (version: string): object => ({
  ...only(version),
  provisioned: [version],
  scaled: [`function:fraud:${version}`],
});

let rollout: DeployedRollout;
let stop: () => void;
beforeAll(async () => {
  stop = await listenForRollouts();
});
afterAll(() => stop());
afterEach(() => {
  rollout.end();
});

/** What is true of every rollout that came to rest. */
function expectRest(): void {
  const { item, events, machine, evidence, published } = rollout;
  expect(statusOf(item).settled).toBe(true);
  expect(machine.isRunning).toBe(false);
  expect(events.map(({ place }) => place)).toEqual(Array.from({ length: item.nextEntry }, (_, place) => place));
  expect([...evidence.objects.keys()].filter((key) => !key.endsWith('-look.json'))).toHaveLength(item.nextEntry);
  expect(published.get('RolloutActive')!.at(-1)).toBe(0);
  expect(published.get('RolloutStuck')).not.toContain(1);
}

const subjects = (): string[] =>
  rollout.topic.messages.map(({ Subject }) => Subject.replace('Rollout of fraud:live: ', ''));
const ends = (name: string): number => (rollout.published.get(name) ?? []).length;
const told = (what: string): { minute: number; result: string } | undefined =>
  rollout.stacks.find((stack) => stack.what === what);

test('the first version is there at once; a good second one goes through all steps, while the stack has gone on', async () => {
  rollout = DeployedRollout.begun({ provisioned: SCALED });
  const [one, two] = [rollout.publish(), rollout.publish()];
  rollout.minutes(1, () => rollout.stack('Create', one)).minutes(10, () => rollout.stack('Update', two));
  await rollout.run();
  expectRest();
  expect(rollout.stacks.map(({ result }) => result)).toEqual(['complete', 'complete']);
  expect(told('Update 2')!.minute).toBeLessThanOrEqual(11);
  expect(rollout.ending).toBe('promoted: baked');
  expect(rollout.left).toEqual(onlyScaled('2'));
  expect(rollout.shares.get('2')).toBe(100);
  expect([...rollout.evidence.objects.keys()].filter((key) => key.endsWith('-look.json')).length).toBeGreaterThan(12);
  expect(subjects().filter((subject) => subject !== 'verdict')).toEqual(['started', 'promoted', 'started', 'promoted']);
  expect([ends('Promoted'), ends('RolledBack')]).toEqual([2, 0]);
});

test('a version that throws goes back; a stack that waits fails with the numbers, and rolls back to the old one', async () => {
  rollout = DeployedRollout.begun({ provisioned: SCALED, waitSeconds: 3600 });
  const [one, two] = [rollout.publish(), rollout.publish({ errors: 0.6 })];
  rollout.minutes(1, () => rollout.stack('Create', one)).minutes(10, () => rollout.stack('Update', two));
  await rollout.minutes(40, () => rollout.stack('Update', one)).run();
  expectRest();
  const { result } = told('Update 2')!;
  expect(result).toMatch(
    /^version 2 of 'fraud:live': it was rolled back: (fast-path|evidence) at 5 %: errors: \d+ of \d+ against \d+ of \d+.*look at: inference-patterns rollout status Stack-Controller$/,
  );
  expect(told('Update 1')!.result).toBe('complete');
  expect(rollout.ending).toBe('unchanged: same-version');
  expect(rollout.left).toEqual(onlyScaled('1'));
  expect(rollout.shares.get('2')).toBe(5);
  expect(subjects()).toContain('retreating');
  expect([ends('Promoted'), ends('RolledBack')]).toEqual([1, 1]);
});

test('without traffic it pauses and tells people; aborted, it goes back', async () => {
  rollout = DeployedRollout.begun({ requestsAMinute: 0 });
  const [one, two] = [rollout.publish(), rollout.publish()];
  rollout.minutes(1, () => rollout.stack('Create', one)).minutes(5, () => rollout.stack('Update', two));
  let paused: string | undefined;
  rollout.minutes(60, () => (paused = rollout.item.rollout!.pause?.reason)).minutes(61, () => rollout.ask('abort'));
  await rollout.run();
  expectRest();
  expect(paused).toMatch(/^too little to say at 5 %/);
  expect(subjects()).toContain('paused');
  expect(Math.max(...rollout.published.get('RolloutPausedMinutes')!)).toBeGreaterThan(30);
  expect(rollout.ending).toBe('rolled-back: aborted');
  expect(rollout.lambda.shares('live')).toEqual({ 1: 1 });
  expect(ends('RolledBack')).toBe(0);
});

test('a newer version: the stack goes on when the one before takes no traffic, and the newer one is rolled out', async () => {
  rollout = DeployedRollout.begun();
  const [one, two, three] = [rollout.publish(), rollout.publish(), rollout.publish()];
  rollout.minutes(1, () => rollout.stack('Create', one)).minutes(5, () => rollout.stack('Update', two));
  let before: number | undefined;
  rollout
    .minutes(14, () => (before = statusOf(rollout.item).percent))
    .minutes(14, () => rollout.stack('Update', three));
  await rollout.run();
  expectRest();
  expect(before).toBeGreaterThanOrEqual(5);
  expect(told('Update 3')).toMatchObject({ result: 'complete' });
  expect(rollout.events.filter(({ what }) => what === 'ended').map(({ outcome, reason }) => [outcome, reason])).toEqual(
    [
      ['promoted', 'first'],
      ['rolled-back', 'superseded'],
      ['promoted', 'baked'],
    ],
  );
  expect(rollout.left).toMatchObject(only('3'));
});

test('aborted by an operator it goes back at once, and keeps the version for another try', async () => {
  rollout = DeployedRollout.begun();
  const [one, two] = [rollout.publish(), rollout.publish()];
  rollout.minutes(1, () => rollout.stack('Create', one)).minutes(5, () => rollout.stack('Update', two));
  await rollout
    .minutes(14, () => rollout.ask('abort'))
    .minutes(30, () => rollout.ask('retry'))
    .run();
  expectRest();
  const all = rollout.events.filter(({ what }) => what === 'ended').map(({ reason }) => reason);
  expect(all).toEqual(['first', 'aborted', 'baked']);
  expect(rollout.events.find(({ what, reason }) => what === 'ended' && reason === 'aborted')!.text).toBe(
    'rolled-back: aborted by Ada: because',
  );
  expect(rollout.left).toMatchObject(only('2'));
});

test('deleted in the middle of a rollout, the stack is gone with all that was made', async () => {
  rollout = DeployedRollout.begun({ provisioned: SCALED });
  const [one, two] = [rollout.publish(), rollout.publish()];
  rollout.minutes(1, () => rollout.stack('Create', one)).minutes(10, () => rollout.stack('Update', two));
  await rollout.minutes(20, () => rollout.stack('Delete', two)).run();
  expectRest();
  expect(told('Delete 2')!.result).toBe('complete');
  expect(rollout.ending).toBe('removed: deleted');
  expect(rollout.left).toMatchObject(NOTHING);
});

test('an alarm of the team takes a version back that the judge finds nothing against', async () => {
  rollout = DeployedRollout.begun();
  const [one, two] = [rollout.publish(), rollout.publish()];
  rollout.minutes(1, () => rollout.stack('Create', one)).minutes(5, () => rollout.stack('Update', two));
  await rollout.minutes(14, () => rollout.metrics.alarms.set('team', 'ALARM')).run();
  expectRest();
  expect(rollout.ending).toBe('rolled-back: alarm');
  expect(rollout.item.rollout!.reason!.text).toBe('in ALARM: team');
  expect(ends('RolledBack')).toBe(1);
  expect(rollout.lambda.shares('live')).toEqual({ 1: 1 });
});

test('a first version with a wrong answer to the example fails the stack, which leaves nothing', async () => {
  rollout = DeployedRollout.begun({ provisioned: SCALED });
  const one = rollout.publish({ answer: 0.7 });
  await rollout
    .minutes(1, () => rollout.stack('Create', one))
    .minutes(10, () => rollout.stack('Delete', one))
    .run();
  expectRest();
  expect(told('Create 1')!.result).toBe(
    "version 1 of 'fraud:live': it was rolled back: example 1 of 1: predictions[0][0] is 0.7 instead of 0.5. look at: inference-patterns rollout status Stack-Controller",
  );
  expect(told('Delete 1')!.result).toBe('complete');
  expect(rollout.left).toMatchObject({ shares: 'none', provisioned: [], scaled: [] });
});

test('a stack that takes over an alias and goes back leaves it as it was', async () => {
  rollout = DeployedRollout.begun();
  const [one, two] = [rollout.publish(), rollout.publish()];
  rollout.lambda.operations.CreateAlias({ FunctionName: 'fraud', Name: 'live', FunctionVersion: one });
  rollout.minutes(1, () => rollout.stack('Create', two)).minutes(8, () => rollout.stack('Delete', two));
  await rollout.run();
  expectRest();
  expect(rollout.stacks.map(({ result }) => result)).toEqual(['complete', 'complete']);
  expect(rollout.ending).toBe('unchanged: handed-back');
  expect(rollout.left).toMatchObject(only('1'));
});

test('a state machine that is not there fails the stack, and does not keep it from being deleted', async () => {
  rollout = DeployedRollout.begun();
  const one = rollout.publish();
  const gone = { stateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:gone' };
  rollout.minutes(1, () => rollout.stack('Create', one, gone)).minutes(2, () => rollout.stack('Delete', one, gone));
  await rollout.run();
  expect(rollout.stacks.map(({ result }) => result)).toEqual([
    expect.stringContaining('stateMachine:gone could not be started: StateMachineDoesNotExist'),
    'complete',
  ]);
});

test('other capacity reaches the live version without a rollout, and tries none again that was rolled back', async () => {
  const other = { ...SCALED, min: 7 };
  rollout = DeployedRollout.begun({ provisioned: SCALED, settings: { capacity: SCALED } });
  const [one, bad] = [rollout.publish(), rollout.publish({ errors: 0.7 })];
  rollout.minutes(1, () => rollout.stack('Create', one));
  rollout.minutes(10, () => {
    rollout.provision(other);
    rollout.stack('Update', one);
  });
  rollout.minutes(20, () => rollout.stack('Update', bad));
  rollout.minutes(200, () => {
    rollout.provision(SCALED);
    rollout.stack('Update', bad);
  });
  await rollout.run();
  expectRest();
  expect(rollout.stacks.map(({ result }) => result)).toEqual(['complete', 'complete', 'complete', 'complete']);
  expect(rollout.events.filter(({ what }) => what === 'ended').map(({ outcome }) => outcome)).toEqual([
    'promoted',
    'unchanged',
    'rolled-back',
  ]);
  expect(rollout.scaling.targets.get('function:fraud:1')).toMatchObject({ MinCapacity: 7 });
});
