import fc from 'fast-check';
import { isRunId, runId } from '../../../lambda/batch-control/run-id';
import { runChoices } from '../../../lambda/batch-control/run-overrides';
import { SETTINGS, START } from './planned';

const refusal = (input: unknown, settings = SETTINGS): Error => {
  try {
    runChoices(settings, input);
  } catch (error) {
    return error as Error;
  }
  throw new Error(`${JSON.stringify(input)} is not refused`);
};

test.each([
  ['nothing', undefined],
  ['null', null],
  ['an empty object', {}],
  ['an event of EventBridge', { version: '0', 'detail-type': 'Object Created', source: 'aws.s3', detail: { a: 1 } }],
  ['what the Scheduler sends by itself', { 'detail-type': 'Scheduled Event', source: 'aws.scheduler', detail: '{}' }],
])('a run that is started with %s has the settings of the batch', (_, input) => {
  expect(runChoices(SETTINGS, input)).toEqual({
    input: SETTINGS.input,
    incremental: false,
    toleratedFailure: 0.01,
    judgedShare: 0,
  });
});

test('a run takes what it was started with over the settings', () => {
  const resume = runId({ StartTime: START, Name: 'nightly' });
  expect(
    runChoices(
      { ...SETTINGS, judgedShare: 0.1 },
      { prefix: 'in/day=1/', incremental: true, toleratedFailure: 0, resume, judge: false },
    ),
  ).toEqual({
    input: { bucket: 'lake', prefix: 'in/day=1/' },
    part: 'in/day=1/',
    incremental: true,
    toleratedFailure: 0,
    resume,
    judgedShare: 0,
  });
  expect(runChoices(SETTINGS, { prefix: SETTINGS.input.prefix }).part).toBeUndefined();
  expect(runChoices({ ...SETTINGS, judgedShare: 0.1 }, { judge: true }).judgedShare).toBe(0.1);
});

test.each([
  ['another key', { prefx: 'in/a/' }, "'prefx': it may have prefix, incremental"],
  ['text', 'in/a/', 'is "in/a/": start it with {}'],
  ['a list', [], 'is []: start it with {}'],
  ['a prefix elsewhere', { prefix: 'other/' }, "begins with 'in/'"],
  ['a prefix that is a part of others', { prefix: 'in/day=1' }, "ends with '/'"],
  ['a prefix that is no text', { prefix: 1 }, "begins with 'in/'"],
  ['text for true', { incremental: 'true' }, 'true or false'],
  ['no judgement at all', { judge: null }, 'true or false'],
  ['percent', { toleratedFailure: 5 }, 'a number from 0 to 1'],
  ['less than none', { toleratedFailure: -0.1 }, 'a number from 0 to 1'],
  ['an id that leads elsewhere', { resume: '../20260301T020000123Z-a' }, 'the id of a run'],
  ['no id', { resume: '' }, 'the id of a run'],
  ['what would be written over an object', { __proto__x: 1 }, "'__proto__x'"],
])('a run that is started with %s is refused with what is allowed', (_, input, message) => {
  const error = refusal(input);
  expect(error.name).toBe('BadRunInput');
  expect(error.message).toContain(message);
});

test('a long wrong value does not fill the message', () => {
  expect(refusal({ prefix: 'x'.repeat(10_000) }).message.length).toBeLessThan(400);
});

test.each([
  ['the output', 'in/', 'in/out/'],
  ['the bucket', '', 'out/'],
  ['the very output', 'out/', 'out/'],
  ['all runs', 'out/runs/', 'out/'],
  ['one run', 'out/runs/20260301T020000123Z-a/results/', 'out/'],
  ['runs in the root', 'runs/', ''],
])('an input that contains %s is refused', (_, input, output) => {
  const settings = {
    ...SETTINGS,
    input: { bucket: 'lake', prefix: input },
    output: { bucket: 'lake', prefix: output },
  };
  expect(refusal({}, settings)).toMatchObject({
    name: 'BadRunInput',
    message: expect.stringContaining('in each other') as string,
  });
  const elsewhere = { ...settings, output: { bucket: 'other', prefix: output } };
  expect(runChoices(elsewhere, {}).input).toEqual(settings.input);
});

test.each([
  ['beside the output', 'in/', 'out/'],
  ['below an output in the root', 'in/', ''],
  ['that the output begins like', 'out/', 'out-2/'],
  ['below the output, apart from runs', 'all/in/', 'all/'],
])('an input %s is fine', (_, input, output) => {
  const settings = {
    ...SETTINGS,
    input: { bucket: 'lake', prefix: input },
    output: { bucket: 'lake', prefix: output },
  };
  expect(runChoices(settings, {}).input.prefix).toBe(input);
});

test('a prefix may lead out of an input that contains the output', () => {
  const settings = { ...SETTINGS, input: { bucket: 'lake', prefix: '' } };
  expect(runChoices(settings, { prefix: 'in/' }).input.prefix).toBe('in/');
  expect(refusal({ prefix: 'out/' }, settings).name).toBe('BadRunInput');
});

test('an id is legal in keys, short, and the same for the same execution', () => {
  expect(runId({ StartTime: START, Name: 'nightly_1' })).toBe('20260301T020000123Z-nightly_1');
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 120, unit: 'binary' }),
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }),
      (Name, date) => {
        const StartTime = date.toISOString();
        const id = runId({ StartTime, Name });
        expect(id).toMatch(/^[\w-]{1,120}$/);
        expect(isRunId(id)).toBe(true);
        expect(runId({ StartTime, Name })).toBe(id);
      },
    ),
  );
});

test('ids sort by the start of their executions', () => {
  const moment = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') });
  fc.assert(
    fc.property(moment, moment, fc.string(), fc.string(), (one, other, name, otherName) => {
      fc.pre(one < other);
      const ids = [
        runId({ StartTime: one.toISOString(), Name: name }),
        runId({ StartTime: other.toISOString(), Name: otherName }),
      ];
      expect([...ids].sort()).toEqual(ids);
    }),
  );
});

test('names that differ only in what keys do not take are different ids', () => {
  const ids = ['a.b', 'a-b', 'a b', 'ä', 'ö', 'x'.repeat(100), 'x'.repeat(101)].map((Name) =>
    runId({ StartTime: START, Name }),
  );
  expect(new Set(ids).size).toBe(ids.length);
});
