import {
  type CloudFormationClient,
  paginateListStackResources,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import { GetFunctionConfigurationCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { ENV, RESOURCE_TYPE, type TargetDescription } from '../../lambda/rollout/contract';

/** What its environment says of a controller. */
export interface Controller {
  readonly name: string;
  readonly target: string;
  readonly table: string;
  readonly stateMachineArn: string;
}

/** The controller by its function's name. Throws an error that says what it is instead. */
export async function readController(lambda: LambdaClient, name: string): Promise<Controller> {
  const { Environment: environment } = await lambda
    .send(new GetFunctionConfigurationCommand({ FunctionName: name }))
    .catch(async (error: unknown) => {
      if (error instanceof Error && error.name === 'ResourceNotFoundException') {
        const region = await lambda.config.region();
        throw new Error(
          `there is no function '${name}' in ${region}: give the name of the controller's function, which is the physical id of the ` +
            `stack's ${RESOURCE_TYPE}, or the stack by --stack`,
          { cause: error },
        );
      }
      throw error;
    });
  if (environment?.Error !== undefined) {
    throw new Error(`the environment of '${name}' cannot be read: ${environment.Error.Message}`);
  }
  const given = (variable: string): string => {
    const value = environment?.Variables?.[variable];
    if (value === undefined) {
      throw new Error(
        `'${name}' is no controller of a staged rollout, as it has no ${variable}: give the physical id of the stack's ` +
          `${RESOURCE_TYPE}, or the stack by --stack`,
      );
    }
    return value;
  };
  const { target } = JSON.parse(given(ENV.target)) as Pick<TargetDescription, 'target'>;
  return { name, target, table: given(ENV.table), stateMachineArn: given(ENV.stateMachineArn) };
}

/** Name of the one controller of a stack. */
export async function controllerOf(cloudFormation: CloudFormationClient, stack: string): Promise<string> {
  const resources: StackResourceSummary[] = [];
  for await (const page of paginateListStackResources({ client: cloudFormation }, { StackName: stack })) {
    resources.push(...(page.StackResourceSummaries ?? []));
  }
  const there = resources.filter(({ ResourceStatus: status }) => status !== 'DELETE_COMPLETE');
  const names = there.flatMap(({ ResourceType: type, PhysicalResourceId: id }) =>
    type === RESOURCE_TYPE && id !== undefined && id !== '' ? [id] : [],
  );
  if (names.length === 1) {
    return names[0];
  }
  const nested = there.flatMap(({ ResourceType: type, PhysicalResourceId: id }) =>
    type === 'AWS::CloudFormation::Stack' && id !== undefined ? [id] : [],
  );
  throw new Error(
    names.length > 1
      ? `stack ${stack} has ${names.length} staged rollouts: give the name of one controller: ${names.sort().join(', ')}`
      : `stack ${stack} has no staged rollout` +
          (nested.length === 0 ? '' : `, and these nested stacks: give one of them to --stack: ${nested.join(', ')}`),
  );
}
