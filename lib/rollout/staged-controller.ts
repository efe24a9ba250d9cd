import { Annotations, ArnFormat, CustomResource, Duration, Names, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import {
  ENV,
  RESOURCE_TYPE,
  type RolloutProperties,
  type RolloutSettingsOptions,
  TICK_SECONDS,
} from '../../lambda/rollout/contract';
import type { TargetDescription } from '../../lambda/rollout-target/contract';
import { CASES_FILE } from '../../lambda/smoke-test/contract';
import type { Model } from '../model/model';
import { environmentBytes } from '../private/environment-size';
import { refuse } from '../private/errors';
import { functionIdentity } from '../private/function-identity';
import { HANDLER_ENTRY, handlerCode, handlerRuntime } from '../private/handler-assets';
import { logGroup, type LogOptions } from '../private/log-group';
import { describeAlarms, readMetrics } from '../private/unscoped-permissions';
import { detection } from './detectable';
import { detectionHint } from './detection-hint';
import { RolloutResource } from './rollout-resource';
import { canBeAsked, casesOf } from './smoke-test';
import { stagedDefinition } from './staged-definition';
import { tooMuchToTell } from './staged-faults';
import type { StagedRolloutOptions } from './staged-options';
import { stagedPace } from './staged-pace';

/** Evidence is kept for so long. */
const EVIDENCE_KEPT = Duration.days(365);

const DEFAULT_ERROR_RATE = 0.005;
const DEFAULT_TIMES_AS_BAD = 3;
const DEFAULT_MAX_PAUSE = Duration.hours(4);

/** Names that CloudFormation makes are about so long, and those of functions no longer. */
const NAME_BYTES = 64;

/** What a controller is for. */
export interface StagedControllerProps {
  readonly options: StagedRolloutOptions;
  readonly model: Model;
  readonly target: TargetDescription;
  /** Of the alias or the endpoint. */
  readonly targetArn: string;
  /** The version that this synthesis desires. */
  readonly version: string;
  readonly settings: RolloutSettingsOptions;
  /** What the controller may do to the target. */
  readonly statements: readonly iam.PolicyStatement[];
  readonly logs: LogOptions;
}

/**
 * Brings a target from version to version: a state machine that ticks, the function that is a tick, the table with the state of the
 * rollout, the bucket for its evidence, and the custom resource that states which version is desired. That alone makes, changes and
 * deletes the target.
 */
export class StagedController extends Construct {
  /** The function of the controller; its name is what `inference-patterns rollout` asks for. */
  public readonly function: lambda.Function;
  public readonly stateMachine: sfn.StateMachine;
  public readonly table: dynamodb.Table;
  public readonly evidence: s3.Bucket;

  /** ARN of the target, once it is there: whoever uses it waits for that. */
  public readonly targetArn: string;
  public readonly resource: CustomResource;

  /** What alarms and dashboards have to know of it. */
  public readonly watched: {
    readonly target: string;
    readonly functionName: string;
    readonly stateMachineArn: string;
    readonly maxPause: Duration;
  };

  constructor(scope: Construct, id: string, props: StagedControllerProps) {
    super(scope, id);
    const key = props.logs.encryptionKey;
    this.table = new dynamodb.Table(this, 'State', {
      partitionKey: { name: 'target', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      encryption: key === undefined ? dynamodb.TableEncryption.DEFAULT : dynamodb.TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // It says how far a rollout is; what is live is read from the service.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.evidence = new s3.Bucket(this, 'Evidence', {
      encryption: key === undefined ? s3.BucketEncryption.S3_MANAGED : s3.BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: key === undefined ? undefined : true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      lifecycleRules: [{ expiration: EVIDENCE_KEPT }],
      // Who let which version go live, and why, is known after the deployment is gone.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.hint(props);
    const stateMachineName = Names.uniqueResourceName(this, { maxLength: 75, separator: '-' });
    const stateMachineArn = Stack.of(this).formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: stateMachineName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    this.function = this.createFunction(props, stateMachineArn);
    this.stateMachine = this.createLoop(props, stateMachineName, stateMachineArn);
    this.resource = this.createResource(props, stateMachineArn);
    this.targetArn = this.resource.getAttString('Arn');
    this.watched = {
      target: props.target.target,
      functionName: this.function.functionName,
      stateMachineArn,
      maxPause: props.options.maxPause ?? DEFAULT_MAX_PAUSE,
    };
  }

  /** Tells where the traffic that is expected is too little for the steps, before a rollout pauses for it. */
  private hint({ options, settings: { judge } }: StagedControllerProps): void {
    const expected = options.analysis?.expected;
    const metric = judge.metrics.find(({ critical, observeOnly }) => critical !== false && observeOnly !== true)?.name;
    if (expected === undefined || metric === undefined) {
      return;
    }
    const { requestsPerMinute, errorRate = DEFAULT_ERROR_RATE, timesAsBad = DEFAULT_TIMES_AS_BAD } = expected;
    if (Token.isUnresolved([requestsPerMinute, errorRate, timesAsBad, judge])) {
      return;
    }
    const sought = { judge, metric, requestsPerMinute, baseRate: errorRate, ratio: timesAsBad };
    const hint = detectionHint(sought, detection(sought));
    if (hint !== undefined) {
      Annotations.of(this).addWarningV2('cdk-inference-patterns:rollout-traffic', hint);
    }
  }

  private createFunction(props: StagedControllerProps, stateMachineArn: string): lambda.Function {
    const { model, options, target, logs } = props;
    const identity = functionIdentity(this, `Rolls ${model.name} out step by step`, logs, false);
    this.allow(identity.role, props);
    const asked = options.smokeTest !== false && canBeAsked(model);
    const environment = {
      [ENV.target]: Stack.of(this).toJsonString(target),
      [ENV.table]: this.table.tableName,
      [ENV.stateMachineArn]: stateMachineArn,
      [ENV.evidenceBucket]: this.evidence.bucketName,
      ...(options.topic === undefined ? {} : { [ENV.topicArn]: options.topic.topicArn }),
    };
    refuse(this, tooMuchToTell(environmentBytes(this, environment, NAME_BYTES)));
    return new lambda.Function(this, 'Function', {
      ...identity,
      description: `One step of the rollout of ${model.identity}`,
      runtime: handlerRuntime(),
      architecture: lambda.Architecture.ARM_64,
      handler: HANDLER_ENTRY,
      code: handlerCode(
        'rollout-controller',
        asked ? { [CASES_FILE]: { text: JSON.stringify(casesOf(this, model)) } } : {},
      ),
      memorySize: 512,
      timeout: Duration.seconds(TICK_SECONDS),
      environment,
      environmentEncryption: logs.encryptionKey,
    });
  }

  /** Beside the target: its own state, what it says, and what it asks. */
  private allow(role: iam.Role, { options, statements, logs }: StagedControllerProps): void {
    const hooks = Object.values(options.hooks ?? {}).filter((hook) => hook !== undefined) as lambda.IFunction[];
    const allowed = [
      new iam.PolicyStatement({ actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], resources: [this.table.tableArn] }),
      new iam.PolicyStatement({ actions: ['s3:PutObject'], resources: [this.evidence.arnForObjects('rollouts/*')] }),
      new iam.PolicyStatement({
        actions: ['events:PutEvents'],
        resources: [Stack.of(this).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })],
      }),
      readMetrics(),
      describeAlarms(),
      ...statements,
    ];
    if (hooks.length > 0) {
      allowed.push(
        new iam.PolicyStatement({
          actions: ['lambda:InvokeFunction'],
          resources: [...new Set(hooks.map(({ functionArn }) => functionArn))],
        }),
      );
    }
    // Part of the role: it is there before the first tick, and until after the last.
    allowed.forEach((statement) => role.addToPolicy(statement));
    options.topic?.grantPublish(role);
    logs.encryptionKey?.grantEncryptDecrypt(role);
  }

  private createLoop(
    props: StagedControllerProps,
    stateMachineName: string,
    stateMachineArn: string,
  ): sfn.StateMachine {
    const stack = Stack.of(this);
    const loop = new sfn.StateMachine(this, 'Loop', {
      stateMachineName,
      comment: `Rolls ${props.model.name} out step by step`,
      definitionBody: sfn.DefinitionBody.fromString(
        stack.toJsonString(
          stagedDefinition({ partition: stack.partition, functionArn: this.function.functionArn, stateMachineArn }),
        ),
      ),
      logs: {
        destination: logGroup(this, 'LoopLogs', props.logs),
        level: sfn.LogLevel.ERROR,
        includeExecutionData: true,
      },
      tracingEnabled: false,
      encryptionConfiguration:
        props.logs.encryptionKey === undefined
          ? undefined
          : new sfn.CustomerManagedEncryptionConfiguration(props.logs.encryptionKey),
    });
    this.function.grantInvoke(loop);
    loop.addToRolePolicy(new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [stateMachineArn] }));
    return loop;
  }

  private createResource(props: StagedControllerProps, stateMachineArn: string): CustomResource {
    const { options, target, targetArn, version, settings } = props;
    const properties: RolloutProperties = {
      target: target.target,
      table: this.table.tableName,
      controllerName: this.function.functionName,
      stateMachineArn,
      arn: targetArn,
      version,
      settings: Stack.of(this).toJsonString(settings),
      waitSeconds: String(options.waitForRollout === true ? stagedPace(options).longestMinutes * 60 : 0),
    };
    const provider = RolloutResource.of(this);
    const resource = new CustomResource(this, 'Resource', {
      resourceType: RESOURCE_TYPE,
      serviceToken: provider.serviceToken,
      properties,
    });
    provider.allow(resource, [
      new iam.PolicyStatement({ actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], resources: [this.table.tableArn] }),
      new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [stateMachineArn] }),
    ]);
    props.logs.encryptionKey?.grantEncryptDecrypt(provider.principal);
    // Until the last tick of a deployment that is deleted, all of it must be there, its permissions first.
    resource.node.addDependency(this.stateMachine, this.function);
    return resource;
  }
}
