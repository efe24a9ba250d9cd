/** What is read from S3: the bytes of a text in these pieces, or with an error at its end. */
export async function* body(
  content: string | Uint8Array,
  cuts: readonly number[] = [],
  fault?: Error,
): AsyncIterable<Uint8Array> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((one, other) => one - other);
  let begin = 0;
  for (const end of ends) {
    await Promise.resolve();
    yield bytes.subarray(begin, end);
    begin = end;
  }
  if (fault !== undefined) {
    throw fault;
  }
}
