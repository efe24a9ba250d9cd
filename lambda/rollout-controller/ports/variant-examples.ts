import { InvokeEndpointCommand, type SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { Answer, Checks } from '../../rollout/ports';
import type { SmokeTestCases } from '../../smoke-test/contract';
import type { CallModel } from '../../smoke-test/core';
import { type Answered, askInTurn } from './ask-in-turn';

/** Knows which variant of an endpoint has a version. */
export interface Variants {
  variantOf(version: string): Promise<{ readonly name: string; readonly alone: boolean } | undefined>;
}

/**
 * Asks a variant of an endpoint the model's examples, by its name: it is asked although it has no traffic.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
 */
export class VariantExamples implements Checks {
  constructor(
    private readonly runtime: SageMakerRuntimeClient,
    private readonly endpointName: string,
    private readonly variants: Variants,
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
    const variant = await this.variants.variantOf(version);
    if (variant === undefined) {
      throw new Error(`version ${version} is not on the endpoint ${this.endpointName}, and cannot be asked`);
    }
    const signal = AbortSignal.timeout(Math.max(1, Math.floor(this.time())));
    // With a single variant there is nothing to choose.
    const call = this.call(variant.alone ? undefined : variant.name, this.cases, signal);
    return askInTurn(version, this.cases, call, signal, this.answered);
  }

  private call(
    TargetVariant: string | undefined,
    { model, asIs }: SmokeTestCases,
    abortSignal: AbortSignal,
  ): CallModel {
    return async (payload) => {
      let text: string;
      try {
        const { Body } = await this.runtime.send(
          new InvokeEndpointCommand({
            EndpointName: this.endpointName,
            TargetVariant,
            ContentType: 'application/json',
            Accept: 'application/json',
            Body: Buffer.from(payload),
          }),
          { abortSignal },
        );
        text = Buffer.from(Body).toString('utf8');
      } catch (error) {
        if (error instanceof Error && error.name === 'ModelError') {
          // Of the container, not of the way to it.
          throw new Error(`the container failed: ${error.message.slice(0, 1_000)}`, { cause: error });
        }
        throw error;
      }
      if (asIs === true) {
        return parsed(text);
      }
      const answer = JSON.parse(text) as unknown;
      // A container of somebody else does not say which model it has; the variant was asked by its name.
      return isObject(answer) && !('model' in answer) ? { ...answer, model } : answer;
    };
  }
}

/** Whatever it answers: some answer plain text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
