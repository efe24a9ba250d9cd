/**
 * Does something with each item, some of them at a time, and gives the results in the order of the items. No more is begun than the
 * reader of the results has room for; the first failure ends it.
 */
export async function* inFlight<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  atATime: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const begun: Promise<Result>[] = [];
  for await (const item of items) {
    const result = work(item);
    // Awaited below; one that fails behind another that fails must not end the process.
    result.catch(() => undefined);
    begun.push(result);
    if (begun.length >= atATime) {
      yield await begun.shift()!;
    }
  }
  for (const result of begun) {
    yield await result;
  }
}
