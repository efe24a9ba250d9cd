import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Answer, Checks } from '../../rollout/ports';
import { callVersion } from '../../smoke-test/call-version';
import type { SmokeTestCases } from '../../smoke-test/contract';
import { type CallModel, type FailedCase, runCases } from '../../smoke-test/core';

/** Examples that a version answered; as long as the function's process lives, so that many of them need not fit into one tick. */
export type Answered = Map<string, number>;

/** Asks a version of a function the model's examples, as the smoke test of other rollouts does. */
export class VersionExamples implements Checks {
  constructor(
    private readonly lambda: LambdaClient,
    private readonly functionName: string,
    /** Undefined when there is nothing to ask. */
    private readonly cases: SmokeTestCases | undefined,
    /** Milliseconds for all that one tick asks. */
    private readonly time: () => number,
    private readonly answered: Answered,
  ) {}

  public async examples(version: string): Promise<Answer> {
    if (this.cases === undefined) {
      return { passed: true, text: `version ${version} is asked nothing: the model has no examples` };
    }
    const { model, cases } = this.cases;
    const signal = AbortSignal.timeout(Math.max(1, Math.floor(this.time())));
    const call = callVersion(this.lambda, `${this.functionName}:${version}`, signal);
    const first = this.answered.get(version) ?? 0;
    for (const [place, each] of cases.slice(first).entries()) {
      const { failed, unasked } = await ask(call, { model, cases: [each] });
      if (signal.aborted) {
        return 'wait';
      }
      if (unasked !== undefined) {
        throw unasked;
      }
      if (failed !== undefined) {
        this.answered.delete(version);
        return { passed: false, text: `example ${first + place + 1} of ${cases.length}: ${inWords(failed)}` };
      }
      this.answered.set(version, first + place + 1);
    }
    this.answered.delete(version);
    return {
      passed: true,
      text: `version ${version} answers ${cases.length} of ${cases.length} examples as it should`,
    };
  }
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
