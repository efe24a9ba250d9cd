import type { Trouble } from './consume';
import type { Deadline, EncodedPrediction, Sink } from './ports';

/** Writes predictions to several sinks at a time: how many, from the first, all of them have, and how many sinks have not all. */
export async function writeSinks(
  sinks: readonly Sink[],
  predictions: readonly EncodedPrediction[],
  deadline: Deadline,
  log: (trouble: Trouble) => void,
): Promise<{ readonly written: number; readonly failures: number }> {
  if (predictions.length === 0) {
    return { written: 0, failures: 0 };
  }
  const written = await Promise.all(
    sinks.map(async (sink) => {
      try {
        const count = await inTime(sink.write(predictions, deadline), deadline);
        if (count < predictions.length) {
          log({ where: sink.name, error: `${count} of ${predictions.length} predictions are written` });
        }
        return count;
      } catch (error) {
        log({ where: sink.name, error });
        return 0;
      }
    }),
  );
  return {
    written: Math.min(predictions.length, ...written),
    failures: written.filter((count) => count < predictions.length).length,
  };
}

/** The result of what looks at the deadline itself, as far as it does: an invocation that is ended for its time says nothing at all. */
export async function inTime<Result>(work: Promise<Result>, { signal }: Deadline): Promise<Result> {
  if (signal.aborted) {
    // Whoever began it may still have seen to it.
    work.catch(() => undefined);
    throw new Error('the time of the invocation is over');
  }
  let late: () => void = () => undefined;
  const over = new Promise<never>((_, reject) => {
    late = () => reject(new Error('the time of the invocation is over'));
    signal.addEventListener('abort', late, { once: true });
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    signal.removeEventListener('abort', late);
  }
}
