import fc from 'fast-check';
import { splitLines } from '../../../lambda/batch/split-lines';

async function linesOf(...pieces: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  // eslint-disable-next-line @typescript-eslint/require-await
  const text = (async function* () {
    yield* pieces;
  })();
  for await (const line of splitLines(text)) {
    lines.push(line);
  }
  return lines;
}

test.each<[string, string, string[]]>([
  ['nothing', '', []],
  ['a last line without end', 'a\nb', ['a', 'b']],
  ['a last line with its end', 'a\nb\n', ['a', 'b']],
  ['empty lines', '\na\n\n', ['', 'a', '']],
  ['ends of two characters', 'a\r\nb\r\n', ['a', 'b']],
  ['a carriage return by itself', 'a\rb\n', ['a\rb']],
  ['separators that JSON may have within strings', 'a\u2028b\u2029c\u0085d\n', ['a\u2028b\u2029c\u0085d']],
])('%s', async (_, text, lines) => {
  expect(await linesOf(text)).toEqual(lines);
});

test('pieces may end anywhere, also between the two characters of an end', async () => {
  expect(await linesOf('a\r', '\nb', '', 'c\n')).toEqual(['a', 'bc']);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: fc.constantFrom('a', '\n', '\r', '\u2028') })), async (pieces) => {
      expect(await linesOf(...pieces)).toEqual(await linesOf(pieces.join('')));
    }),
  );
});

test('what is begun can be refused before it has ended', async () => {
  const refused: string[] = [];
  // eslint-disable-next-line @typescript-eslint/require-await
  const text = (async function* () {
    yield* ['a\nb', 'c', 'd\n'];
  })();
  for await (const line of splitLines(text, (begun) => void refused.push(begun))) {
    expect(['a', 'bcd']).toContain(line);
  }
  expect(refused).toEqual(['b', 'bc', '']);
});

test('a text that breaks off ends the lines with its error', async () => {
  // eslint-disable-next-line @typescript-eslint/require-await
  const text = (async function* () {
    yield 'a\nb';
    throw new Error('connection lost');
  })();
  const lines = splitLines(text);
  expect(await lines.next()).toEqual({ done: false, value: 'a' });
  await expect(lines.next()).rejects.toThrow('connection lost');
});
