import type { Answer } from '../../rollout/ports';
import type { SmokeTestCases } from '../../smoke-test/contract';
import { type CallModel, type FailedCase, runCases } from '../../smoke-test/core';

/** Examples that a version answered; as long as the function's process lives, so that many of them need not fit into one tick. */
export type Answered = Map<string, number>;

/** Asks a version one example after the other, until one fails or the time is over; then the next call goes on. */
export async function askInTurn(
  version: string,
  { cases, ...model }: SmokeTestCases,
  call: CallModel,
  signal: AbortSignal,
  answered: Answered,
): Promise<Answer> {
  const first = answered.get(version) ?? 0;
  for (const [place, each] of cases.slice(first).entries()) {
    const { failed, unasked } = await ask(call, { ...model, cases: [each] });
    if (signal.aborted) {
      return 'wait';
    }
    if (unasked !== undefined) {
      throw unasked;
    }
    if (failed !== undefined) {
      answered.delete(version);
      return { passed: false, text: `example ${first + place + 1} of ${cases.length}: ${inWords(failed)}` };
    }
    answered.set(version, first + place + 1);
  }
  answered.delete(version);
  return {
    passed: true,
    text: `version ${version} answers ${cases.length} of ${cases.length} examples as it should`,
  };
}

/** One example. What keeps it from being asked at all is no fault of the version. */
async function ask(
  call: CallModel,
  cases: SmokeTestCases,
): Promise<{ readonly failed?: FailedCase; readonly unasked?: Error }> {
  let unasked: Error | undefined;
  const [failed] = await runCases(cases, async (payload) => {
    try {
      return await call(payload);
    } catch (error) {
      unasked = isOfTheWay(error) ? error : undefined;
      throw error;
    }
  });
  return { failed, unasked };
}

/** Errors of AWS and of the network, unlike those of the function itself and answers that are no JSON. */
function isOfTheWay(error: unknown): error is Error {
  return error instanceof Error && ('$metadata' in error || 'code' in error);
}

function inWords({ differences, reason }: FailedCase): string {
  if (reason !== undefined) {
    return reason.slice(0, 500);
  }
  return differences!
    .slice(0, 3)
    .map(
      ({ path, expected, got }) =>
        `${path} is ${String(JSON.stringify(got)).slice(0, 100)} instead of ${String(JSON.stringify(expected)).slice(0, 100)}`,
    )
    .join('; ');
}
