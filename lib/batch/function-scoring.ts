import type { Scoring } from './scoring';
import { invocation, PASSING, retry } from './task';

/**
 * A function scores as much of a partition as its time allows, and is called again until all is done:
 *
 * ```
 * Score <-> Scored
 * ```
 */
export function scoreByFunction(partition: string, functionArn: string): Scoring {
  return (settings, { suffix, subject, next, failed }) => {
    const [score, scored] = [`Score${suffix}`, `Scored${suffix}`];
    return {
      start: score,
      states: {
        [score]: {
          ...invocation(partition, functionArn, { settings, ...subject }),
          // Throttled by the account's concurrency, a partition waits its turn for about an hour. An object that kills the function is
          // found by the fourth attempt, and a second one by the sixth.
          Retry: [retry(PASSING, 19), retry(['States.ALL'], 5)],
          ...(failed === undefined ? {} : { Catch: [{ ErrorEquals: ['States.ALL'], Next: failed }] }),
          ResultSelector: { 'complete.$': '$.Payload.complete' },
          ResultPath: '$.scored',
          Next: scored,
        },
        [scored]: {
          Type: 'Choice',
          Choices: [{ Variable: '$.scored.complete', BooleanEquals: true, Next: next }],
          Default: score,
        },
      },
    };
  };
}
