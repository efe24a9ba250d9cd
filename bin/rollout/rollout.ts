import '../start/quiet-sdk';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SFNClient } from '@aws-sdk/client-sfn';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { DynamoStore } from '../../lambda/rollout-controller/ports/dynamo-store';
import { startLoop } from '../../lambda/rollout-controller/ports/start-loop';
import { inOneLine } from '../in-one-line';
import { ask, type AskWorld } from './ask';
import { controllerOf, readController } from './find-controller';
import type { RolloutCommand } from './settings';
import { show } from './show';

/** Does what the command says, and answers the exit code. */
export async function run(command: RolloutCommand): Promise<number> {
  const client = {
    ...(command.region === undefined ? {} : { region: command.region }),
    maxAttempts: 4,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 5_000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
    }),
  };
  const name = command.controller ?? (await controllerOf(new CloudFormationClient(client), command.stack!));
  const { target, table, stateMachineArn } = await readController(new LambdaClient(client), name);
  const world: AskWorld = {
    store: new DynamoStore(new DynamoDBClient(client), table, target),
    now: () => Date.now(),
    sleep: (milliseconds) => sleep(milliseconds),
    out: process.stdout,
    told: (line) => console.error(inOneLine(line)),
    caller: () => callerOf(new STSClient(client)),
    start: (input) => startLoop(new SFNClient(client), stateMachineArn, input),
  };
  return command.kind === 'show' ? show(command, target, world) : ask(command, target, world);
}

/** Needs no permission. */
async function callerOf(sts: STSClient): Promise<string> {
  try {
    const { Arn: arn } = await sts.send(new GetCallerIdentityCommand({}));
    return arn!;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new Error(`it cannot be said who asks (${text}): give --by`, { cause: error });
  }
}
