import { loggedReasons } from '../../../lambda/batch-jobs/logged-reasons';

const at = (text: string) => `2021-03-14T23:56:26.572:[sagemaker logs]: ${text}`;
const reasons = (lines: readonly string[], ...keys: string[]) => Object.fromEntries(loggedReasons(lines, 'lake', keys));

test('the status and the words of the container are the reason', () => {
  const lines = [
    at('MaxConcurrentTransforms=1, MaxPayloadInMB=1, BatchStrategy=MULTI_RECORD'),
    at('lake/in/1.csv: ClientError: 400'),
    at('lake/in/1.csv: '),
    at('lake/in/1.csv: Message:'),
    at('lake/in/1.csv: Traceback (most recent call last):'),
    at('lake/in/1.csv:   File "model.py", line 7'),
    at('lake/in/2.csv: Bad HTTP status received from algorithm: 500'),
    at('lake/in/2.csv:'),
    at('lake/in/3.csv: Unable to get response from algorithm'),
  ];
  expect(reasons(lines, 'in/1.csv', 'in/2.csv', 'in/3.csv', 'in/4.csv')).toEqual({
    'in/1.csv': 'ClientError: 400 Traceback (most recent call last): File "model.py", line 7',
    'in/2.csv': 'Bad HTTP status received from algorithm: 500',
    'in/3.csv': 'Unable to get response from algorithm',
  });
});

test('lines of several objects may come between each other, and without a time', () => {
  const lines = [
    'lake/a: ClientError: 400',
    at('lake/b: ClientError: 413'),
    'lake/a: no such column',
    at('lake/b: big'),
  ];
  expect(reasons(lines, 'a', 'b')).toEqual({ a: 'ClientError: 400 no such column', b: 'ClientError: 413 big' });
});

test('one event may have many lines', () => {
  const lines = [at('lake/a: \n{\n  "error": "bad"\r\n}'), at('lake/a: more')];
  expect(reasons(lines, 'a')).toEqual({ a: '{ "error": "bad" } more' });
});

test('an answer may have characters that end a line elsewhere', () => {
  expect(reasons([at('lake/a: one\r'), at('lake/a: two\u2028three')], 'a')).toEqual({ a: 'one two\u2028three' });
});

test('keys may have colons and spaces, and begin with each other', () => {
  const keys = ['in/a', 'in/a: b', 'in/a: b:c d', 'in/a b', 'in/a.csv'];
  const lines = keys.map((key, index) => at(`lake/${key}: ClientError: 40${index}`));
  expect(reasons(lines, ...keys)).toEqual(
    Object.fromEntries(keys.map((key, index) => [key, `ClientError: 40${index}`])),
  );
});

test('only objects of the job in its bucket are looked for', () => {
  const lines = [
    at('lake/b: ClientError: 400'),
    at('lakes/a: x'),
    at('pond/a: x'),
    at('lake/aa: x'),
    at('lake/a'),
    at('lake/a:'),
    at('a: x'),
  ];
  expect(reasons(lines, 'a')).toEqual({});
  expect(reasons([], 'a')).toEqual({});
});

test('a long answer is cut', () => {
  expect(reasons([at(`lake/a: ${'x'.repeat(5000)}`)], 'a').a).toHaveLength(300);
});

test('thousands of objects with thousands of lines take no time', () => {
  const keys = Array.from({ length: 10_000 }, (_, index) => `in/${index}:x`);
  const lines = keys.flatMap((key) => [at(`lake/${key}: ClientError: 400`), at(`lake/${key}: {"a": ["b": "c"]}`)]);
  const begin = performance.now();
  expect(loggedReasons(lines, 'lake', keys).size).toBe(10_000);
  expect(performance.now() - begin).toBeLessThan(2000);
});
