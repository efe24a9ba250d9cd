import { awaitedApproval } from '../../../lambda/rollout-controller/awaited-approval';
import { exitCodeOf } from '../../../bin/rollout/exit-code';
import { duration } from '../../../bin/rollout/in-words';
import { statusText } from '../../../bin/rollout/status-text';
import type { Verb } from '../../../lambda/rollout/contract';
import { request } from '../../../lambda/rollout-controller/desire';
import { LoopbackRollouts, TARGET } from './loopback-rollouts';

const rollouts = new LoopbackRollouts();
beforeEach(() => rollouts.reset());

/** What is shown now, without the trail: text by label, those of a label one under the other. */
function shown(): Record<string, string> {
  const [text] = statusText(TARGET, rollouts.item, rollouts.now, 0).split('\n\n');
  const lines: Record<string, string> = {};
  let label = '';
  for (const line of text.split('\n')) {
    label = line.slice(0, 12).trim() === '' ? label : line.slice(0, 12).trim();
    lines[label] = [...(lines[label] === undefined ? [] : [lines[label]]), line.slice(12)].join('\n');
  }
  return lines;
}

function ask(verb: Verb, reason = ''): Promise<void> {
  rollouts.put(
    request(rollouts.item, { id: String(rollouts.item.revision), verb, by: 'Ada', reason, time: rollouts.now }, 'Ada')
      .item,
  );
  return rollouts.pass(0.02);
}

test('a bake: how far it is, what it has seen, and what is to come', async () => {
  rollouts.deploy('8');
  await rollouts.pass(8);
  expect(shown()).toEqual({
    target: 'fraud:live',
    live: 'version 7',
    candidate: 'version 8, 20 % of the traffic',
    phase: expect.stringMatching(/^baking for 2 min, since \d{4}-\d\d-\d\d \d\d:\d\d:01Z$/) as string,
    steps: '5-[20]-50-100 %, step 2 of 4',
    bake: '3 of 5 minutes, extended to 15 in doubt',
    verdict: expect.stringMatching(
      /^HOLD at 20 %, by the counts up to .*:00Z: the bake of the step is not over$/,
    ) as string,
    deadline: 'in 5 h 52 min',
    'waits for': '2 more minutes of this step',
  });
  const text = statusText(TARGET, rollouts.item, rollouts.now, 1);
  expect(text).toMatch(
    /│ errors +│ 20 of 1,800 \(1\.11 %\) │ 164 of 16,200 \(1\.01 %\) │ +1\.\d\d │ +0\.\d\d │ HOLD: the bake of the step/,
  );
  expect(text).toMatch(/┘\n\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}verdict +HOLD at 20 %: no-data$/);
});

test('before the first count of a step there is no verdict on it', async () => {
  rollouts.deploy('8', { metricDelaySeconds: 120 });
  await rollouts.pass(1);
  expect(shown()['waits for']).toBe('the counts of its first minute, in 122 seconds or a little more');
  expect(shown().bake).toBe('0 of 5 minutes, extended to 15 in doubt');
});

test('desired, and no tick has looked at it', async () => {
  rollouts.deploy('8');
  expect(shown()).toEqual({
    target: 'fraud:live',
    desired: 'version 8, not begun yet, asked by stack Fraud',
    'waits for': "the controller's next look, within a minute: then the rollout of version 8 begins",
  });
  await rollouts.pass(8);
  rollouts.deploy('9');
  expect(shown()).toMatchObject({
    candidate: 'version 8, 20 % of the traffic',
    desired: 'version 9, not begun yet, asked by stack Fraud',
  });
  expect(exitCodeOf(rollouts.item)).toBe(0);
});

test('a pause by somebody: who, why, since when, and how to go on', async () => {
  rollouts.deploy('8');
  await rollouts.pass(8);
  await ask('pause', 'a look at the logs');
  rollouts.now += 3 * 3_600_000;
  expect(shown()).toMatchObject({
    PAUSED: expect.stringMatching(/^by Ada for 3 h 0 min, since .*Z: a look at the logs$/) as string,
    'waits for': 'somebody: it is paused; the judge goes on judging',
    'to do': '`resume` goes on; `abort` gives all traffic back',
  });
  expect(exitCodeOf(rollouts.item)).toBe(3);
});

test('too few requests: first more of them, then somebody', async () => {
  rollouts.requests = 60;
  rollouts.deploy('8');
  await rollouts.pass(12);
  expect(shown()['waits for']).toBe('more requests: 3 more minutes at most');
  expect(statusText(TARGET, rollouts.item, rollouts.now, 0)).toContain(
    'HOLD: too few requests: 33 of 100 in this step',
  );
  await rollouts.pass(8);
  expect(shown()).toMatchObject({
    PAUSED: expect.stringMatching(
      /^for having too little to say for 5 min, since .*: too little to say at 5 %: samples$/,
    ) as string,
    'waits for': 'somebody: it is paused and does not go on by itself; the judge goes on judging',
    'to do':
      'look at whether requests come at all, and whether both versions publish their metrics\n' +
      '`approve` lets this step pass; `resume` gives it its longest bake once more; `abort` gives all traffic back',
  });
  await ask('resume');
  await rollouts.pass(1);
  expect(shown()['waits for']).toBe('more requests: 15 more minutes at most');
  expect(exitCodeOf(rollouts.item)).toBe(0);
});

test('worse for sure, by too little: clearer evidence, then somebody', async () => {
  rollouts.requests = 60_000;
  rollouts.quality = 0.014;
  rollouts.deploy('8');
  await rollouts.pass(10);
  expect(shown()).toMatchObject({
    verdict: expect.stringMatching(/it is worse for sure, but by too little, or in too few events$/) as string,
    'waits for': 'clearer evidence: 5 more minutes at most',
  });
  expect(statusText(TARGET, rollouts.item, rollouts.now, 0)).toContain('worse for sure, but with too small a ratio');
  await rollouts.pass(12);
  expect(shown()['to do']).toMatch(/^look at the table: it may be worse/);
});

test('a step that waits for an approval is told apart from one that bakes before it', async () => {
  rollouts.deploy('8', { gates: [0, 1] });
  await rollouts.pass(1);
  expect(shown()).toMatchObject({
    steps: '5-20-50-100 %',
    'waits for': "somebody's approval of 5 %",
    'to do': '`approve` begins the step; `abort` gives all traffic back',
  });
  expect(exitCodeOf(rollouts.item)).toBe(3);
  await ask('approve');
  await rollouts.pass(3);
  expect([awaitedApproval(rollouts.item), exitCodeOf(rollouts.item)]).toEqual([undefined, 0]);
  expect(shown()['waits for']).toBe('2 more minutes of this step');
  await rollouts.pass(4);
  expect(shown()['waits for']).toBe("somebody's approval of 20 %");
  expect([awaitedApproval(rollouts.item), exitCodeOf(rollouts.item)]).toEqual([1, 3]);
});

test('an end that is good, and one that is not', async () => {
  rollouts.deploy('8');
  await rollouts.pass(40);
  expect(shown()).toMatchObject({
    live: 'version 8',
    outcome: expect.stringMatching(/^version 8: promoted, \d+ min ago, at .*Z$/) as string,
    reason: 'baked: all steps passed',
  });
  expect(shown()).not.toHaveProperty('waits for');
  rollouts.quality = 0.5;
  rollouts.deploy('9');
  await rollouts.pass(6);
  expect(shown()).toMatchObject({
    live: 'version 8',
    outcome: expect.stringMatching(/^version 9: rolled-back/) as string,
    reason: expect.stringMatching(
      /^judged: fast-path at 5 %: errors: 75 of 150 against 29 of 2850, at least/,
    ) as string,
    'to do': expect.stringMatching(/^`retry` tries the same version again/) as string,
  });
  expect(exitCodeOf(rollouts.item)).toBe(2);
  const again = { id: 'again', verb: 'retry', by: 'Ada', reason: '', time: rollouts.now } as const;
  rollouts.put(request(rollouts.item, again, 'Ada').item);
  expect(shown().desired).toBe('version 9, not begun yet, asked by Ada');
  expect(exitCodeOf(rollouts.item)).toBe(0);
});

test('what fails again and again is told, with what to do', async () => {
  rollouts.deploy('8');
  await rollouts.pass(8);
  const trouble = { count: 6, since: rollouts.now, last: 'reading the target: AccessDeniedException: not allowed' };
  const { item } = rollouts;
  rollouts.put({ ...item, rollout: { ...item.rollout!, blind: trouble } });
  expect(shown()).toMatchObject({
    trouble: '6 times in a row: reading the target: AccessDeniedException: not allowed',
    'to do': 'the trouble below is tried again until it goes; mend it, or `abort`',
  });
});

test.each([
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_600_000 * 47.99, '47 h 59 min'],
  [3_600_000 * 50, '2 d 2 h'],
])('%d ms are %s', (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});
