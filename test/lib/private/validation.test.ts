import { CfnParameter, Duration, Fn, Lazy, Size, Stack } from 'aws-cdk-lib';
import { fraction, inMebibytes, integer, judge, mebibytes, minutes, seconds } from '../../../lib/private/validation';

const RANGE = { min: 1, max: 10 };
const stack = new Stack();
const parameter = new CfnParameter(stack, 'Number', { type: 'Number' });

const NUMBERS: [string, number][] = [
  ['a lazy number', Lazy.number({ produce: () => 99 })],
  ['a parameter', parameter.valueAsNumber],
];

test.each(NUMBERS)('%s passes every check of a number', (_, token) => {
  expect(integer('id', 'prop', token, RANGE)).toEqual([]);
  expect(fraction('id', 'prop', token, RANGE)).toEqual([]);
  expect(seconds('id', 'prop', Duration.seconds(token), RANGE)).toEqual([]);
  expect(seconds('id', 'prop', Duration.minutes(token), RANGE)).toEqual([]);
  expect(minutes('id', 'prop', Duration.seconds(token), RANGE)).toEqual([]);
  expect(mebibytes('id', 'prop', Size.gibibytes(token), RANGE)).toEqual([]);
});

test.each([
  ['a lazy text', Lazy.string({ produce: () => '!' })],
  ['an import', Fn.importValue('Name')],
  ['a text with a parameter in it', `a-${parameter.valueAsString}`],
])('%s is not judged', (_, token) => {
  expect(judge(token, () => [{ id: 'x', message: '', fix: '' }])).toEqual([]);
});

test('what is absent is not judged', () => {
  expect([integer, fraction].flatMap((check) => check('id', 'prop', undefined, RANGE))).toEqual([]);
  expect([seconds, minutes].flatMap((check) => check('id', 'prop', undefined, RANGE))).toEqual([]);
  expect(mebibytes('id', 'prop', undefined, RANGE)).toEqual([]);
});

test('0 is not absent', () => {
  expect(integer('id', 'prop', 0, RANGE)).toHaveLength(1);
  expect(seconds('id', 'prop', Duration.seconds(0), RANGE)).toHaveLength(1);
});

test.each([
  [Duration.seconds(10), 0],
  [Duration.seconds(11), 1],
  [Duration.millis(1500), 1],
  [Duration.millis(10_000), 0],
])('%p seconds of at most 10 have %p faults', (duration, faults) => {
  expect(seconds('id', 'prop', duration, RANGE)).toHaveLength(faults);
});

test.each([
  [Duration.minutes(10), 0],
  [Duration.hours(1), 1],
  [Duration.seconds(90), 1],
])('%p minutes of at most 10 have %p faults', (duration, faults) => {
  expect(minutes('id', 'prop', duration, RANGE)).toHaveLength(faults);
});

test.each([
  [Size.mebibytes(10), 0],
  [Size.kibibytes(1536), 1],
  [Size.gibibytes(1), 1],
])('%p of at most 10 MiB has %p faults', (size, faults) => {
  expect(mebibytes('id', 'prop', size, RANGE)).toHaveLength(faults);
});

test('the fault has the unit', () => {
  expect(seconds('id', 'prop', Duration.minutes(2), RANGE)[0].message).toBe(
    "'prop' is 120 seconds, allowed is a whole number from 1 to 10 seconds",
  );
  expect(mebibytes('id', 'prop', Size.gibibytes(1), RANGE)[0].message).toContain('1024 MiB');
});

test('a size keeps its fraction', () => {
  expect(inMebibytes(Size.kibibytes(512))).toBe(0.5);
});
