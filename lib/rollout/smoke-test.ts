import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { CASES_FILE, ENV, type SmokeTestCases } from '../../lambda/smoke-test/contract';
import type { InputSchema } from '../model/input-schema';
import { ContainerModel, type Model } from '../model/model';
import { sampleInstance } from '../model/sample-instance';
import { refuse } from '../private/errors';
import { HANDLER_ENTRY, handlerCode, handlerRuntime } from '../private/handler-assets';
import type { JsonSchema } from '../private/json-schema';
import { logGroup, type LogOptions } from '../private/log-group';

const DEFAULT_TOLERANCE = 1e-6;

/** Properties of a smoke test. */
export interface SmokeTestProps {
  readonly model: Model;
  readonly target: lambda.IVersion;
  readonly logs: LogOptions;
  /** ARN of the deployment groups to which the verdict may be reported. */
  readonly deploymentGroups: string;
}

/**
 * The function that CodeDeploy runs before the new version gets traffic: it asks the model's examples of the new
 * version and stops the rollout on a wrong answer. Creates the function, its role and its log group.
 */
export class SmokeTest extends Construct {
  public readonly function: lambda.Function;

  /** What is checked, in words. */
  public readonly description: string;

  constructor(scope: Construct, id: string, props: SmokeTestProps) {
    super(scope, id);
    const { model, target } = props;
    this.description = descriptionOf(model);

    const group = logGroup(this, 'Logs', props.logs);
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: `Asks ${model.name} for its examples before a new version gets traffic`,
      inlinePolicies: {
        SmokeTest: new iam.PolicyDocument({
          statements: [
            new iam.PolicyStatement({
              actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
              resources: [group.logGroupArn],
            }),
            new iam.PolicyStatement({
              actions: ['lambda:InvokeFunction'],
              // Any version of this one function: a statement that changed with each version would not be in force
              // everywhere by the time the test runs.
              resources: [`${target.lambda.functionArn}:*`],
            }),
            new iam.PolicyStatement({
              actions: ['codedeploy:PutLifecycleEventHookExecutionStatus'],
              resources: [props.deploymentGroups],
            }),
          ],
        }),
      },
    });
    props.logs.encryptionKey?.grantDecrypt(role);
    this.function = new lambda.Function(this, 'Function', {
      description: `Smoke test of ${model.name} ${model.version}`,
      runtime: handlerRuntime(),
      architecture: lambda.Architecture.ARM_64,
      handler: HANDLER_ENTRY,
      code: handlerCode('smoke-test', { [CASES_FILE]: { text: JSON.stringify(casesOf(this, model)) } }),
      memorySize: 256,
      timeout: Duration.minutes(5),
      environment: { [ENV.targetVersion]: target.functionArn },
      environmentEncryption: props.logs.encryptionKey,
      role,
      logGroup: group,
    });
  }
}

/** Whether there is anything to ask a model: an example, or a schema by which an instance can be made up. */
export function canBeAsked(model: Model): boolean {
  return model.examples.length > 0 || model._inputSchema !== undefined;
}

/** What is checked, in words. */
export function descriptionOf({ examples }: Model): string {
  const known = examples.filter(({ expected }) => expected !== undefined).length;
  return known > 0
    ? `smoke test: ${known} examples with known answers`
    : 'smoke test: shape and finite numbers only, the model has no examples with known answers';
}

/** What is asked of a new version. */
export function casesOf(scope: Construct, model: Model): SmokeTestCases {
  const examples = model.examples.length > 0 ? model.examples : [{ input: madeUpInstance(scope, model._inputSchema!) }];
  return {
    model: { name: model.name, version: model.version },
    // A container of which nobody said what an instance looks like has a format of its own, and so have its examples.
    asIs: model instanceof ContainerModel && model._inputSchema === undefined ? true : undefined,
    cases: examples.map(({ input, expected, tolerance }) => ({
      input,
      expected,
      tolerance: tolerance ?? DEFAULT_TOLERANCE,
    })),
  };
}

/** An instance that the schema refuses would fail every version, an hour into a deployment. */
function madeUpInstance(scope: Construct, input: InputSchema): unknown {
  const instance = sampleInstance(input.jsonSchema as JsonSchema);
  const reason = input._validator.faultOf(instance);
  if (reason !== undefined) {
    refuse(scope, [
      {
        id: 'smoke-test-instance',
        message: `the model has no examples, and no valid instance could be made up from its input schema: ${reason}`,
        fix: "give the model an example, or the rollout 'smokeTest: false'",
      },
    ]);
  }
  return instance;
}
