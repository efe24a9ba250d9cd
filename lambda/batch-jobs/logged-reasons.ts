const LINE = /^(?:\S*:\[sagemaker logs\]: )?(.*)$/;
const LONGEST_REASON = 300;

/**
 * Why objects failed, by key, from the lines of a job's `data-log`. Each of them begins with bucket and key, which may have colons
 * and spaces themselves: only the keys of the job's own objects are looked for.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
 */
export function loggedReasons(
  lines: Iterable<string>,
  bucket: string,
  keys: readonly string[],
): ReadonlyMap<string, string> {
  const said = new Map<string, string[]>();
  for (const line of lines) {
    const text = LINE.exec(line.split('\n', 1)[0])![1];
    const key = longest(keys.filter((each) => text.startsWith(`${bucket}/${each}:`)));
    if (key !== undefined) {
      const words = [text.slice(`${bucket}/${key}:`.length), ...line.split('\n').slice(1)].map((each) => each.trim());
      said.set(key, [...(said.get(key) ?? []), ...words.filter((each) => each !== '' && each !== 'Message:')]);
    }
  }
  return new Map(
    [...said]
      .filter(([, words]) => words.length > 0)
      .map(([key, words]) => [key, words.join(' ').slice(0, LONGEST_REASON)]),
  );
}

function longest(keys: readonly string[]): string | undefined {
  return keys.reduce<string | undefined>(
    (found, key) => (found === undefined || key.length > found.length ? key : found),
    undefined,
  );
}
