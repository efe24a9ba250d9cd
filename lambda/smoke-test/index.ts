import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from '@aws-sdk/client-codedeploy';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { callVersion } from './call-version';
import { CASES_FILE, ENV, type LifecycleEvent, type SmokeTestCases } from './contract';
import { runCases } from './core';

/** Kept free for the report, whose repetitions under throttling take this long; at most a third of the function's time. */
const REPORT_MILLISECONDS = 20_000;
/** What is left when the report has to give up, so that its failure can still be logged. */
const SHUTDOWN_MILLISECONDS = 500;

const logger = new Logger({ serviceName: 'smoke-test' });
const lambda = new LambdaClient({ maxAttempts: 5 });
// A report that is lost blocks the deployment for an hour, so it is repeated for as long as there is time.
const codeDeploy = new CodeDeployClient({ maxAttempts: 20 });

/**
 * Calls the version that is about to get traffic with the model's examples, and tells CodeDeploy whether to go on. Whatever
 * happens here, a verdict is reported: CodeDeploy waits an hour for it, returning is not enough.
 * @see https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
 */
export async function handler(
  event: LifecycleEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<void> {
  const remaining = context.getRemainingTimeInMillis();
  const reserve = Math.min(REPORT_MILLISECONDS, remaining / 3);
  const passed = await test(within(remaining - reserve));
  await report(event, passed, within(context.getRemainingTimeInMillis() - SHUTDOWN_MILLISECONDS));
}

function within(milliseconds: number): AbortSignal {
  return AbortSignal.timeout(Math.max(1, Math.floor(milliseconds)));
}

async function test(signal: AbortSignal): Promise<boolean> {
  try {
    const versionArn = process.env[ENV.targetVersion];
    if (versionArn === undefined || versionArn === '') {
      throw new Error(`the environment variable ${ENV.targetVersion} is missing: it names the version to test`);
    }
    const cases = JSON.parse(
      readFileSync(join(process.env.LAMBDA_TASK_ROOT ?? __dirname, CASES_FILE), 'utf8'),
    ) as SmokeTestCases;
    const failed = await runCases(cases, callVersion(lambda, versionArn, signal));
    for (const failure of failed) {
      logger.error('a case of the smoke test failed', { version: versionArn, ...failure });
    }
    logger.info('the smoke test is over', { version: versionArn, cases: cases.cases.length, failed: failed.length });
    return failed.length === 0;
  } catch (error) {
    logger.error('the smoke test could not be run', error as Error);
    return false;
  }
}

async function report(event: LifecycleEvent, passed: boolean, signal: AbortSignal): Promise<void> {
  const status = passed ? 'Succeeded' : 'Failed';
  try {
    await codeDeploy.send(
      new PutLifecycleEventHookExecutionStatusCommand({
        deploymentId: event.DeploymentId,
        lifecycleEventHookExecutionId: event.LifecycleEventHookExecutionId,
        status,
      }),
      { abortSignal: signal },
    );
  } catch (error) {
    if (error instanceof Error && error.name === 'LifecycleEventAlreadyCompletedException') {
      // An earlier attempt got through, and only its answer was lost.
      return;
    }
    logger.error('the verdict could not be reported', { status, error: error as Error });
    // Thrown on purpose: an asynchronous invocation is then repeated, and with it the report.
    throw error;
  }
}
