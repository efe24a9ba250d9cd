/**
 * What crosses the line between the rollout and its smoke test: the CodeDeploy hook that calls the new version with the
 * model's examples before it gets traffic. Imports nothing.
 */

/** File name inside the function's asset, beside `index.js`. */
export const CASES_FILE = 'cases.json';

export const ENV = {
  /** ARN of the function version that is about to get traffic, with its version number. */
  targetVersion: 'TARGET_VERSION_ARN',
} as const;

/** The content of {@link CASES_FILE}. */
export interface SmokeTestCases {
  readonly model: { readonly name: string; readonly version: string };
  readonly cases: readonly SmokeTestCase[];
  /**
   * Whether an input is the whole request and what is expected the whole answer, as of a container that speaks a format of its own;
   * otherwise it is one of the `instances`, and one of the `predictions` is expected.
   */
  readonly asIs?: boolean;
}

export interface SmokeTestCase {
  /** One instance, as a caller would send it. */
  readonly input: unknown;
  /** What the model must answer; absent: any answer of finite numbers will do. */
  readonly expected?: unknown;
  /** Largest absolute difference allowed between two numbers. */
  readonly tolerance: number;
}

/** What CodeDeploy sends to a lifecycle hook. */
export interface LifecycleEvent {
  readonly DeploymentId: string;
  readonly LifecycleEventHookExecutionId: string;
}
