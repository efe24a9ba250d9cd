import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Answer, Checks } from '../../rollout/ports';
import { callVersion } from '../../smoke-test/call-version';
import type { SmokeTestCases } from '../../smoke-test/contract';
import { type Answered, askInTurn } from './ask-in-turn';

export type { Answered } from './ask-in-turn';

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
    const signal = AbortSignal.timeout(Math.max(1, Math.floor(this.time())));
    const call = callVersion(this.lambda, `${this.functionName}:${version}`, signal);
    return askInTurn(version, this.cases, call, signal, this.answered);
  }
}
