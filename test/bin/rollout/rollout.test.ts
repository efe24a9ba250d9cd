import type { RolloutStatus, TrailEntry } from '../../../lambda/rollout/contract';
import { rollout } from './command';
import { CONTROLLER, LoopbackRollouts, TARGET } from './loopback-rollouts';

jest.setTimeout(60_000);

const rollouts = new LoopbackRollouts();
let stop: () => void;
beforeAll(async () => {
  stop = await rollouts.start();
});
afterAll(() => stop());
beforeEach(() => rollouts.reset());

const statusOf = (stdout: string): RolloutStatus & { trail: TrailEntry[] } =>
  JSON.parse(stdout) as RolloutStatus & { trail: TrailEntry[] };
/** Requests that changed something, as they came. */
const changes = (): string[] => rollouts.services.changes;

/** A rollout of version 8 at 20 %. */
async function atTwenty(): Promise<void> {
  rollouts.deploy('8');
  await rollouts.pass(8);
}

describe('rollout status', () => {
  test('shows where it is, as text and as JSON', async () => {
    await atTwenty();
    const { status, stdout, stderr } = await rollout(['status', CONTROLLER, '--trail', '2']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^candidate +version 8, 20 % of the traffic$/m);
    expect(stdout.match(/^\d{4}-.*$/gm)).toHaveLength(2);
    const json = await rollout(['status', CONTROLLER, '--json', '--trail', '3']);
    expect(statusOf(json.stdout)).toMatchObject({
      target: TARGET,
      desired: '8',
      settled: false,
      candidate: '8',
      baseline: '7',
      phase: 'baking',
      percent: 20,
      judgement: { metrics: [{ name: 'errors' }] },
      trail: [{}, {}, { what: 'verdict' }],
    });
    expect(changes()).toEqual([]);
  });

  test('of a target to which nothing was deployed says so', async () => {
    const { status, stdout } = await rollout(['status', CONTROLLER]);
    expect([status, stdout]).toMatchObject([0, expect.stringMatching(/Nothing was ever deployed to it/)]);
    const json = await rollout(['status', CONTROLLER, '--json']);
    expect(statusOf(json.stdout)).toEqual({
      target: TARGET,
      settled: true,
      exposed: false,
      waitingForApproval: false,
      trail: [],
    });
  });

  test('its exit code says that it is paused, and that it went back', async () => {
    await atTwenty();
    rollouts.requests = 10;
    await rollouts.pass(30);
    expect(await rollout(['status', CONTROLLER])).toMatchObject({
      status: 3,
      stdout: expect.stringMatching(/^PAUSED +for having too little to say/m) as string,
    });
    rollouts.requests = 3000;
    rollouts.quality = 0.5;
    await rollouts.pass(5);
    expect(await rollout(['status', CONTROLLER])).toMatchObject({
      status: 2,
      stdout: expect.stringMatching(/^outcome +version 8: rolled-back/m) as string,
    });
  });
});

describe('rollout status --watch', () => {
  test('writes what is new until the version is promoted', async () => {
    await atTwenty();
    let passed = false;
    const { status, stdout } = await rollout(['status', CONTROLLER, '--watch', '--every', '0.1'], () => {
      if (!passed) {
        passed = true;
        void rollouts.pass(15);
      }
    });
    expect(status).toBe(0);
    const pictures = stdout.split(/^target /m).slice(1);
    expect(pictures).toHaveLength(2);
    const [first, last] = pictures;
    expect(first).toMatch(/^phase +baking/m);
    expect(first).toMatch(/Z {2}shifted +the candidate has 50 %$/m);
    expect(first).toMatch(/Z {2}ended +promoted: all steps passed$/m);
    expect(last).toMatch(/^outcome +version 8: promoted/m);
    // Each entry once.
    const entries = stdout.match(/^\d{4}-.*$/gm)!;
    expect(new Set(entries).size).toBe(entries.length);
  });

  test('ends with another exit code when it goes back', async () => {
    await atTwenty();
    const { status, stdout } = await rollout(['status', CONTROLLER, '--watch', '--every', '0.1', '--json'], () => {
      rollouts.quality = 0.5;
      void rollouts.pass(4);
    });
    expect(status).toBe(2);
    const lines = stdout.trim().split('\n').map(statusOf);
    expect(lines[0]).toMatchObject({ phase: 'baking' });
    expect(lines.at(-1)).toMatchObject({ outcome: 'rolled-back', reason: { code: 'judged' } });
  });

  test('ends where it waits for somebody, when it is told to', async () => {
    rollouts.deploy('8', { gates: [1] });
    const { status, stdout } = await rollout(
      ['status', CONTROLLER, '--watch', '--every', '0.1', '--stop-when-waiting'],
      () => void rollouts.pass(7),
    );
    expect(status).toBe(3);
    expect(stdout).toMatch(/^waits for +somebody's approval of 20 %$/m);
  });
});

describe('verbs', () => {
  test('are written, started and seen, with who and why', async () => {
    await atTwenty();
    expect(await rollout(['pause', CONTROLLER, '--reason', 'a look at the logs'])).toEqual({
      status: 0,
      stdout: 'pause (a look at the logs): version 8 is baking at 20 %, paused\n',
      stderr: '',
    });
    expect(changes()).toEqual(['PutItem', 'StartExecution']);
    expect(rollouts.item.rollout!.pause).toMatchObject({
      why: 'operator',
      by: rollouts.caller,
      reason: 'a look at the logs',
    });
    expect(await rollout(['resume', CONTROLLER, '--by', 'Ada'])).toMatchObject({
      status: 0,
      stdout: 'resume: version 8 is baking at 20 %\n',
    });
    expect(rollouts.item.trail.at(-1)).toMatchObject({ what: 'verb', by: 'Ada', text: 'resume' });
    expect(await rollout(['promote', CONTROLLER, '--reason', 'it mends an outage'])).toMatchObject({
      status: 0,
      stdout: 'promote (it mends an outage): version 8 is baking at 100 %\n',
    });
    expect(await rollout(['abort', CONTROLLER, '--reason', 'it does not'])).toMatchObject({
      status: 0,
      stdout: 'abort (it does not): version 8: rolled-back\n',
    });
    expect(rollouts.alias).toMatchObject({ live: '7', percent: 0 });
    expect(await rollout(['retry', CONTROLLER])).toMatchObject({
      status: 0,
      stdout: 'version 8 by 5-20-50-100 %, against version 7: version 8 is baking at 5 %\n',
    });
  });

  test('approve begins a step that waits for it', async () => {
    rollouts.deploy('8', { gates: [1] });
    await rollouts.pass(7);
    expect(await rollout(['approve', CONTROLLER])).toMatchObject({
      status: 0,
      stdout: 'approve: version 8 is baking at 20 %\n',
    });
  });

  test('are refused in words, at once or by the controller', async () => {
    expect(await rollout(['pause', CONTROLLER])).toEqual({
      status: 1,
      stdout: '',
      stderr: "nothing was ever deployed to 'fraud:live', or its item is gone: there is nothing to pause\n",
    });
    await atTwenty();
    expect(await rollout(['retry', CONTROLLER])).toMatchObject({
      status: 1,
      stderr: "the rollout of 'fraud:live' goes on: resume it, or abort it first, then retry\n",
    });
    expect(changes()).toEqual([]);
    expect(await rollout(['approve', CONTROLLER])).toMatchObject({
      status: 1,
      stderr:
        'the controller refuses it: approve: neither does a step wait for it, nor was it paused for having too little to say\n',
    });
  });

  test('go over what somebody else writes at the same time, and over a lost answer', async () => {
    await atTwenty();
    let others = 0;
    rollouts.beforeWrite = () => {
      if (others++ < 3) {
        rollouts.put({ ...rollouts.item, revision: rollouts.item.revision + 1, writer: 'somebody else' });
      }
    };
    expect(await rollout(['pause', CONTROLLER])).toMatchObject({ status: 0 });
    rollouts.beforeWrite = () => undefined;
    const from = rollouts.services.calls.length;
    rollouts.services.fault = (index, { operation }) =>
      operation === 'PutItem' && index < from + 4 ? 'lost' : undefined;
    expect(await rollout(['resume', CONTROLLER])).toMatchObject({ status: 0 });
    expect(rollouts.item.trail.filter(({ what }) => what === 'verb').map(({ text }) => text)).toEqual([
      'pause',
      'resume',
    ]);
  });

  test('said again with the same id count once, also after no execution could be started', async () => {
    await atTwenty();
    rollouts.services.fault = (_, { operation }) => (operation === 'StartExecution' ? 'failed' : undefined);
    const id = ['--id', 'one-and-the-same'];
    expect(await rollout(['pause', CONTROLLER, ...id])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^pause is written, and no execution could be started .* --id one-and-the-same$/m,
      ) as string,
    });
    rollouts.services.fault = () => undefined;
    expect(await rollout(['pause', CONTROLLER, ...id])).toMatchObject({ status: 0 });
    expect(await rollout(['pause', CONTROLLER, ...id])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^pause was seen: version 8 is baking/) as string,
    });
    expect(rollouts.item.trail.filter(({ what }) => what === 'verb')).toHaveLength(1);
    // The first one could not be started, and the last one was seen.
    expect(rollouts.started).toHaveLength(2);
  });

  test('that no tick has seen yet are said to be seen soon', async () => {
    await atTwenty();
    rollouts.prompt = false;
    expect(await rollout(['pause', CONTROLLER, '--wait', '0.2'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^pause is asked for, and will be seen within a minute/) as string,
    });
    expect(rollouts.item.inbox).toHaveLength(1);
  });
});

describe('which rollout', () => {
  test('is found by its stack, and by an ARN', async () => {
    await atTwenty();
    rollouts.stacks.set('Fraud', [
      ['AWS::Lambda::Function', 'another'],
      ['Custom::StagedRollout', 'Gone-Controller', 'DELETE_COMPLETE'],
      ['Custom::StagedRollout', CONTROLLER],
    ]);
    expect(await rollout(['status', '--stack', 'Fraud', '--json'])).toMatchObject({ status: 0 });
    const arn = `arn:aws:lambda:eu-central-1:123456789012:function:${CONTROLLER}`;
    expect(await rollout(['pause', arn, '--region', 'eu-west-1'])).toMatchObject({ status: 0 });
  });

  test.each<[string, readonly string[], string]>([
    [
      'no function',
      ['nobody'],
      "there is no function 'nobody' in eu-west-1: give the name of the controller's function",
    ],
    ['another function', ['another'], "'another' is no controller of a staged rollout, as it has no ROLLOUT_TARGET"],
    ['no stack', ['--stack', 'Nothing'], 'Stack with id Nothing does not exist'],
    ['several', ['--stack', 'Two'], 'stack Two has 2 staged rollouts: give the name of one controller: A, B'],
    [
      'none',
      ['--stack', 'None'],
      'stack None has no staged rollout, and these nested stacks: give one of them to --stack: arn:nested',
    ],
    ['nothing', [], "it is not said which rollout: give the name of its controller's function, or --stack"],
    ['both', [CONTROLLER, '--stack', 'Two'], `both the controller '${CONTROLLER}' and --stack Two are given`],
    ['an alias', [`${CONTROLLER}:live`], `'${CONTROLLER}:live' is no controller: give the name of its function`],
  ])('%s is an error that says what to give', async (_, args, message) => {
    rollouts.functions.set('another', {});
    rollouts.stacks.set('Two', [
      ['Custom::StagedRollout', 'B'],
      ['Custom::StagedRollout', 'A'],
    ]);
    rollouts.stacks.set('None', [['AWS::CloudFormation::Stack', 'arn:nested']]);
    const { status, stdout, stderr } = await rollout(['status', ...args]);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

test.each<[string, readonly string[], string]>([
  ['no reason', ['promote', CONTROLLER], "required option '--reason <text>' not specified"],
  ['an empty one', ['abort', CONTROLLER, '--reason', ' '], '--reason is empty: say something'],
  ['a novel', ['pause', CONTROLLER, '--reason', 'x'.repeat(1001)], '--reason has 1001 characters, and may have 1000'],
  [
    'an end of nothing',
    ['status', CONTROLLER, '--stop-when-waiting'],
    '--stop-when-waiting says when --watch ends: give that as well',
  ],
  ['half an entry', ['status', CONTROLLER, '--trail', '1.5'], '--trail is 1.5, and must be a whole number'],
  ['no number', ['status', CONTROLLER, '--every', 'now'], "It is 'now', and must be a number of 0.1 to 3600"],
  ['another verb', ['stop', CONTROLLER], "unknown command 'stop'"],
])('%s is refused before anything is asked', async (_, args, message) => {
  const { status, stderr } = await rollout(args);
  expect(status).toBe(1);
  expect(stderr).toContain(message);
  expect(rollouts.services.calls).toEqual([]);
});
