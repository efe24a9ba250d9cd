/**
 * Text as lines without their ends: a line feed, with or without a carriage return before it. Nothing else ends a line: JSON may have
 * U+2028 within its strings, which `node:readline` takes for an end from Node.js 24 on.
 */
export async function* splitLines(
  text: AsyncIterable<string>,
  refuseBegun: (begun: string) => void = () => undefined,
): AsyncGenerator<string, void, undefined> {
  let begun = '';
  for await (const piece of text) {
    const lines = piece.split('\n');
    lines[0] = begun + lines[0];
    begun = lines.pop()!;
    for (const line of lines) {
      yield withoutReturn(line);
    }
    refuseBegun(begun);
  }
  if (begun !== '') {
    yield withoutReturn(begun);
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
