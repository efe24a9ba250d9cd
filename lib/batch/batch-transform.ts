import { ArnFormat, Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { BATCH_NAME, type RunSettings } from '../../lambda/batch/contract';
import type { IInference } from '../inference';
import type { Model } from '../model/model';
import { InferenceAlarms } from '../monitoring/inference-alarms';
import { InferenceDashboard } from '../monitoring/inference-dashboard';
import { refuse } from '../private/errors';
import { handlerCode } from '../private/handler-assets';
import { logGroup, type LogOptions } from '../private/log-group';
import { Rollout } from '../rollout/rollout';
import { renderPlan, ROLLOUT_PLAN_METADATA, type RolloutPlan } from '../rollout/rollout-plan';
import { BatchAlias } from './batch-alias';
import { addBatchAlarms } from './batch-alarms';
import { addBatchRows } from './batch-dashboard';
import { batchDefinition } from './batch-definition';
import { faultyBatch } from './batch-faults';
import { batchFunctionProps } from './batch-function';
import { BatchMetrics } from './batch-metrics';
import { batchPlan, judgedPercent } from './batch-plan';
import { scheduleRuns } from './batch-schedule';
import { addWatchAlarms, watchBatch } from './batch-watch';
import { BatchFormat, type BatchLocation, type BatchTransformProps } from './batch-transform-props';
import { bindEngine } from './bind-engine';
import type { BoundEngine } from './bound-engine';
import { grantGet, grantList, grantMiss, grantPut } from './bucket-access';
import { outputTaken } from './one-output';

const DEFAULT_DEADLINE = Duration.hours(6);
const DEFAULT_TOLERATED_FAILURE = 0.01;
const DEFAULT_SCORE_SHIFT = 0.25;

/**
 * Scores everything below a prefix: every night, whenever the state machine is started, nothing when idle. Small ONNX models on AWS
 * Lambda, others by transform jobs of SageMaker.
 *
 * Creates a state machine that plans a run, scores and judges a first part of it, scores the rest in partitions side by side, and
 * writes a manifest with what became of each object; the two functions that it calls, and one that watches its runs, with their roles
 * and log groups; a schedule if there is one; two queues and a function that hear of arrivals, if these start runs; the alarms with
 * one composite alarm to page by; and a dashboard.
 *
 * ```ts
 * new BatchTransform(this, 'Nightly', {
 *   model,
 *   input: { bucket, prefix: 'transactions/' },
 *   output: { bucket: results },
 *   schedule: ScheduleExpression.cron({ hour: '2', minute: '0', timeZone: TimeZone.EUROPE_ZURICH }),
 * });
 * ```
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
 */
export class BatchTransform extends Construct implements IInference {
  public readonly model: Model;
  public readonly alarms: InferenceAlarms;
  public readonly dashboard?: InferenceDashboard;

  /** What is judged before the rest of a run may start. */
  public readonly rolloutPlan: RolloutPlan;

  /** The state machine: an execution is a run. */
  public readonly stateMachine: sfn.StateMachine;

  /** ARN of the alias to start runs by: it leads to the newest version of the state machine. */
  public readonly aliasArn: string;

  /** Starts runs, if there is a schedule. */
  public readonly schedule?: scheduler.Schedule;

  /** What scores partitions, and why. */
  public readonly engineChoice: string;

  /** The function that the state machine calls for each partition: it scores it, or says which transform job is next. */
  public readonly scoreFunction: lambda.IFunction;

  /** The role that the containers of transform jobs run with, if jobs score. */
  public readonly containerRole?: iam.IRole;

  /** The function that plans, judges and finishes a run. */
  public readonly controlFunction: lambda.IFunction;

  private readonly alias: BatchAlias;
  private readonly metrics: BatchMetrics;

  constructor(scope: Construct, id: string, props: BatchTransformProps) {
    super(scope, id);
    refuse(this, [...faultyBatch(props), ...outputTaken(this, props.output)]);
    const { model } = props;
    const rollout = props.rollout ?? Rollout.canary({ percent: 5 });
    this.model = model;
    this.rolloutPlan = batchPlan(rollout);
    const kept: LogOptions = {
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    };
    const batchName = Names.uniqueResourceName(this, { maxLength: 100, separator: '-' });

    const control = this.createControl(props, kept, batchName);
    const deadline = props.deadline ?? DEFAULT_DEADLINE;
    const surroundings = { props, kept, batchName, deadlineSeconds: deadline.toSeconds() };
    const { engine, why } = bindEngine(this, surroundings);
    this.engineChoice = why;
    this.controlFunction = control;
    this.scoreFunction = engine.scoreFunction;
    this.containerRole = engine.containerRole;

    const settings = this.settingsOf(props, rollout, engine);
    this.stateMachine = new sfn.StateMachine(this, 'Runs', {
      comment: `Scores with ${model.identity}`,
      definitionBody: sfn.DefinitionBody.fromString(
        Stack.of(this).toJsonString(
          batchDefinition({
            settings,
            controlFunctionArn: control.currentVersion.functionArn,
            scoring: engine.scoring,
            partition: Stack.of(this).partition,
            topicArn: props.topic?.topicArn,
            timeoutSeconds: 2 * deadline.toSeconds(),
          }),
        ),
      ),
      logs: { destination: logGroup(this, 'RunLogs', kept), level: sfn.LogLevel.ALL, includeExecutionData: false },
      tracingEnabled: true,
      encryptionConfiguration:
        props.encryptionKey === undefined
          ? undefined
          : new sfn.CustomerManagedEncryptionConfiguration(props.encryptionKey),
    });
    this.node.defaultChild = this.stateMachine;
    this.grantRun(props, [control, engine.scoreFunction]);
    engine.allow(this.stateMachine);
    this.node.addMetadata(ROLLOUT_PLAN_METADATA, renderPlan(this.rolloutPlan));
    const alias = new BatchAlias(this, 'Alias', this.stateMachine);
    this.alias = alias;
    this.aliasArn = alias.aliasArn;
    this.schedule =
      props.schedule === undefined
        ? undefined
        : scheduleRuns(this, alias, props.schedule, { modelName: model.name, encryptionKey: props.encryptionKey });

    const watch = watchBatch(
      this,
      {
        batchName,
        modelName: model.name,
        stateMachine: this.stateMachine,
        deadlineSeconds: deadline.toSeconds(),
        schedule: this.schedule,
        expression: props.schedule,
      },
      kept,
    );

    this.metrics = new BatchMetrics(this.stateMachine.stateMachineArn, batchName);
    this.alarms = new InferenceAlarms(this, 'Alarms', props.alarms);
    addBatchAlarms(this.alarms, this.metrics, settings.toleratedFailure);
    engine.addAlarms(this.alarms, this.metrics);
    addWatchAlarms(this.alarms, this.metrics, watch, props.schedule !== undefined);
    if (props.arrival !== undefined) {
      // Loaded on demand: few batches start so.
      const { addArrivalAlarms, startOnArrival } = require('./batch-arrival') as typeof import('./batch-arrival');
      addArrivalAlarms(this.alarms, startOnArrival(this, alias, { ...props, arrival: props.arrival }, kept));
    }
    if (props.dashboard !== false) {
      this.dashboard = new InferenceDashboard(this, 'Dashboard', this.alarms);
      addBatchRows(this.dashboard, this.metrics);
    }
  }

  /** Allows a principal to start runs by the alias, and nothing else. */
  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    return this.alias.grantStart(grantee);
  }

  /** A metric that AWS Step Functions publishes for the runs, such as `ExecutionsFailed`; the sum of five minutes unless told otherwise. */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.ofRuns(metricName, options);
  }

  private settingsOf(props: BatchTransformProps, rollout: Rollout, engine: BoundEngine): RunSettings {
    return {
      model: { name: props.model.name, version: props.model.version },
      input: placeOf(props.input),
      ...(props.inputManifest === undefined ? {} : { manifest: props.inputManifest._place }),
      output: placeOf(props.output),
      suffixes: props.suffixes ?? [],
      format: props.format ?? BatchFormat.JSON_LINES,
      incremental: props.incremental ?? props.arrival !== undefined,
      judgedShare: judgedPercent(rollout) / 100,
      toleratedFailure: props.toleratedFailure ?? DEFAULT_TOLERATED_FAILURE,
      maxShift: props.maxScoreShift ?? DEFAULT_SCORE_SHIFT,
      deadlineSeconds: (props.deadline ?? DEFAULT_DEADLINE).toSeconds(),
      failWhenEmpty: props.failWhenEmpty ?? false,
      ...engine.settings,
    };
  }

  /** Plans, judges and finishes: it may see which objects there are, and only of its own files what is in them. */
  private createControl(props: BatchTransformProps, kept: LogOptions, batchName: string): lambda.Function {
    const { input, inputManifest, output } = props;
    const control = new lambda.Function(this, 'Control', {
      ...batchFunctionProps(this, 'Control', `Plans, judges and finishes runs of ${props.model.identity}`, kept),
      code: handlerCode('batch-control', {}),
      architecture: lambda.Architecture.ARM_64,
      memorySize: 1024,
      environment: { [BATCH_NAME]: batchName },
    });
    grantList(input.bucket, input.prefix ?? '', control);
    inputManifest?._grant(control);
    grantMiss(output.bucket, control);
    grantGet(output.bucket, output.prefix ?? '', control);
    grantPut(output.bucket, output.prefix ?? '', control);
    return control;
  }

  private grantRun({ output, topic, encryptionKey }: BatchTransformProps, functions: readonly lambda.Function[]): void {
    // Every version: a redriven run calls older ones.
    functions.forEach((each) => each.grantInvoke(this.stateMachine));
    grantGet(output.bucket, `${output.prefix ?? ''}runs/`, this.stateMachine);
    topic?.grantPublish(this.stateMachine);
    if (encryptionKey !== undefined) {
      // What aws-cdk-lib allows names a machine without a name, which is none. The real one has none yet where its role is made.
      this.stateMachine.addToRolePolicy(
        new iam.PolicyStatement({
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: [encryptionKey.keyArn],
          conditions: {
            StringLike: {
              'kms:EncryptionContext:aws:states:stateMachineArn': Stack.of(this).formatArn({
                service: 'states',
                resource: 'stateMachine',
                resourceName: '*',
                arnFormat: ArnFormat.COLON_RESOURCE_NAME,
              }),
            },
          },
        }),
      );
    }
    // Beside the role's own policy, which the state machine waits for: this one names the state machine.
    new iam.Policy(this, 'Partitions', {
      roles: [this.stateMachine.role],
      statements: [
        new iam.PolicyStatement({
          actions: ['states:StartExecution'],
          resources: [this.stateMachine.stateMachineArn],
        }),
        new iam.PolicyStatement({
          actions: ['states:DescribeExecution', 'states:StopExecution', 'states:RedriveExecution'],
          // Of the machine itself, and of the partitions of a run.
          resources: [':*', '/*'].map((end) =>
            Stack.of(this).formatArn({
              service: 'states',
              resource: 'execution',
              resourceName: `${this.stateMachine.stateMachineName}${end}`,
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          ),
        }),
      ],
    });
  }
}

function placeOf({ bucket, prefix }: BatchLocation): RunSettings['input'] {
  return { bucket: bucket.bucketName, prefix: prefix ?? '' };
}
