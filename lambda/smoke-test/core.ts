import { compare, findEmpty, type Difference } from './compare';
import type { SmokeTestCase, SmokeTestCases } from './contract';

/** Calls the new version with the payload of one case, and gives its answer as parsed JSON. Throws when there is none. */
export type CallModel = (payload: string) => Promise<unknown>;

/** One case that the new version failed. */
export interface FailedCase {
  readonly case: number;
  /** Where the answer differs from what was expected. */
  readonly differences?: readonly Difference[];
  /** Why there is no answer to compare. */
  readonly reason?: string;
}

/** Differences beyond these tell nothing new, and the log line stays readable. */
const MAX_DIFFERENCES = 10;

/** Plays every case, one after another: each failure is told, not just the first. */
export async function runCases({ model, cases, asIs = false }: SmokeTestCases, call: CallModel): Promise<FailedCase[]> {
  const failed: FailedCase[] = [];
  for (const [index, testCase] of cases.entries()) {
    try {
      const { input, expected, tolerance } = testCase;
      const answer = await call(JSON.stringify(asIs ? input : { instances: [input] }));
      const differences = asIs
        ? // Nothing is known of such an answer; that there is one may be enough.
          expected === undefined
          ? []
          : compare(expected, answer, tolerance, 'answer')
        : judge(answer, testCase, model);
      if (differences.length > 0) {
        failed.push({ case: index, differences: differences.slice(0, MAX_DIFFERENCES) });
      }
    } catch (error) {
      failed.push({ case: index, reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
    }
  }
  return failed;
}

function judge(answer: unknown, testCase: SmokeTestCase, model: SmokeTestCases['model']): Difference[] {
  const { predictions, model: served } = (answer ?? {}) as { readonly predictions?: unknown; readonly model?: unknown };
  const wrongModel = compare({ name: model.name, version: model.version }, served, 0, 'model');
  if (!Array.isArray(predictions) || predictions.length !== 1) {
    return [...wrongModel, { path: 'predictions', expected: 'one prediction', got: predictions }];
  }
  const [prediction] = predictions as unknown[];
  const wrongPrediction =
    testCase.expected === undefined
      ? findEmpty(prediction, 'predictions[0]')
      : compare(testCase.expected, prediction, testCase.tolerance, 'predictions[0]');
  return [...wrongModel, ...wrongPrediction];
}
