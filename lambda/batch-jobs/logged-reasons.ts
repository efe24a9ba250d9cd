/** Only what CloudWatch calls a line ends one: an answer of a container may have any characters. */
const LINE = /^(?:\S*:\[sagemaker logs\]: )?(.*)$/s;
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
  const wanted = new Set(keys);
  const said = new Map<string, string[]>();
  for (const line of lines) {
    const [first, ...others] = line.split('\n');
    const text = LINE.exec(first)![1];
    const key = text.startsWith(`${bucket}/`) ? longestKey(text.slice(bucket.length + 1), wanted) : undefined;
    if (key !== undefined) {
      const words = [text.slice(`${bucket}/${key}:`.length), ...others].map((each) => each.trim());
      const before = said.get(key) ?? [];
      said.set(key, before);
      before.push(...words.filter((each) => each !== '' && each !== 'Message:'));
    }
  }
  return new Map(
    [...said]
      .filter(([, words]) => words.length > 0)
      .map(([key, words]) => [key, words.join(' ').slice(0, LONGEST_REASON)]),
  );
}

/** The longest key that a text begins with, up to a colon. */
function longestKey(text: string, keys: ReadonlySet<string>): string | undefined {
  let found: string | undefined;
  for (let colon = text.indexOf(':'); colon !== -1 && colon <= 1024; colon = text.indexOf(':', colon + 1)) {
    const key = text.slice(0, colon);
    found = keys.has(key) ? key : found;
  }
  return found;
}
