import { Annotations, ArnFormat, Duration, RemovalPolicy, Size, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sagemaker from 'aws-cdk-lib/aws-sagemaker';
import type { Construct } from 'constructs';
import { BATCH_NAME, JOB_LOG_GROUP } from '../../lambda/batch/contract';
import type { Fault } from '../checks/bounds/fault';
import { containerDefinition } from '../model/container-definition';
import { bindNetwork } from '../model/container-network';
import { allowVolumes, containerRole } from '../model/container-role';
import { memoryNeeded } from '../model/function-sizing';
import { hardwareFaults } from '../model/hardware-faults';
import { InstanceType } from '../model/instance-type';
import { ContainerModel, type Model, OnnxModel } from '../model/model';
import { asContainer } from '../model/onnx-serving-image';
import { AlarmSeverity } from '../monitoring/alarm-settings';
import { refuse } from '../private/errors';
import { handlerCode } from '../private/handler-assets';
import { inMebibytes, judge } from '../private/validation';
import { batchFunctionProps } from './batch-function';
import type { BoundEngine, EngineSurroundings } from './bound-engine';
import { grantGet, grantMiss, grantPut } from './bucket-access';
import { chooseInstance, type InstanceNeeds } from './engine-choice';
import { scoreByJobs } from './job-scoring';
import { type TransformJobOptions, TransformSplit, TransformStrategy } from './transform-job-options';
import { isJsonLines, jobRequest, jobSettings, splitOf } from './transform-job-request';

const DEFAULT_JOBS = 2;
const DEFAULT_PAYLOAD = Size.mebibytes(6);
const LARGEST_OBJECT = Size.gibibytes(5);
const DEFAULT_THROUGHPUT = Size.mebibytes(1);

/** Until the container of a job answers: instances are found, image and model fetched. */
const START = Duration.minutes(6);

/** Sets up transform jobs that score partitions with a model in a container. */
export function bindTransformJobs(
  scope: Construct,
  model: Model,
  options: TransformJobOptions,
  surroundings: EngineSurroundings,
): BoundEngine & { readonly instanceChoice: string } {
  const engine = new TransformJobs(scope, model, options, surroundings);
  return engine.bind();
}

class TransformJobs {
  private readonly stack: Stack;
  private readonly jobPrefix: string;

  constructor(
    private readonly scope: Construct,
    private readonly model: Model,
    private readonly options: TransformJobOptions,
    private readonly surroundings: EngineSurroundings,
  ) {
    this.stack = Stack.of(scope);
    this.jobPrefix = jobNamePrefix(model.name);
  }

  public bind(): BoundEngine & { readonly instanceChoice: string } {
    const { options, surroundings } = this;
    const { props } = surroundings;
    const { model, type, why } = this.createModel();
    const hardware = type._hardware;
    const key = hardware?.localStorageGB === 0 ? props.encryptionKey : undefined;
    if (key !== undefined) {
      allowVolumes(model.role, key);
    }
    const advance = this.createFunction();
    const asked = { options, format: props.format, ownContainer: this.model instanceof OnnxModel };
    const jobs = jobSettings(this.jobPrefix, asked);
    const request = jobRequest({
      ...asked,
      modelName: model.name,
      instanceType: type.name,
      volumeKey: key?.keyArn,
      outputKey: props.output.bucket.encryptionKey?.keyArn,
      identity: { name: this.model.name, version: this.model.version },
    });
    return {
      scoring: scoreByJobs({
        partition: this.stack.partition,
        jobs,
        advanceFunctionArn: advance.currentVersion.functionArn,
        request,
        timeoutSeconds: options.jobTimeout?.toSeconds() ?? surroundings.deadlineSeconds,
      }),
      scoreFunction: advance,
      containerRole: model.role,
      settings: {
        maxConcurrency: options.maxConcurrentJobs ?? DEFAULT_JOBS,
        maxObjectBytes: this.largestObject().toBytes(),
        bytesPerSecond: (props.throughput ?? DEFAULT_THROUGHPUT).toBytes(),
        startSeconds: START.toSeconds(),
        // A quarter of the deadline is what a partition gets at most; an instance costs its start again.
        partitionSeconds: surroundings.deadlineSeconds,
        ...(hardware?.usdPerHour === undefined
          ? {}
          : { usdPerSecond: Number((hardware.usdPerHour / 3600).toPrecision(6)) }),
        scoring: JSON.stringify(request.scoring),
      },
      instanceChoice: why,
      allow: (stateMachine) => this.allowJobs(stateMachine.role),
      addAlarms: (alarms, metrics) =>
        alarms.add('JobsAtQuota', {
          // A job that waits looks again every ten minutes at least: the alarm stays as long as one does.
          evaluationPeriods: 4,
          datapointsToAlarm: 1,
          severity: AlarmSeverity.WARNING,
          description: `Transform jobs wait: the account may not run more instances of ${type.name} for transform jobs. Ask for a higher quota, or lower 'maxConcurrentJobs'.`,
          metric: metrics.atTheEnd('atQuota', 'Sum'),
          threshold: 0,
        }),
    };
  }

  private createModel() {
    const { scope, options } = this;
    const network = bindNetwork(scope, options);
    const role = containerRole(scope, `Runs transform jobs of ${this.model.name}`, {
      logGroup: JOB_LOG_GROUP,
      inVpc: options.vpc !== undefined,
    });
    const containerModel = asContainer(this.model, { baked: true });
    const networkIsolation = options.networkIsolation ?? false;
    const container = containerDefinition(scope, containerModel, { role, networkIsolation });
    const needs: InstanceNeeds = {
      accelerator: container.image.accelerator ?? 'NONE',
      memoryGiB: memoryOf(this.model),
    };
    const { type, why } = this.instanceFor(needs);
    refuse(scope, [
      ...(container.definition.modelDataSource === undefined
        ? []
        : [
            {
              id: 'transform-model-data',
              message: `the artifact of model '${this.model.name}' is no archive, and transform jobs take none uncompressed`,
              fix:
                this.model instanceof OnnxModel
                  ? 'use ModelArtifact.fromAsset, whose file becomes part of the image'
                  : "pack it into an object '.tar.gz', or use an image that has the model in it",
              see: 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html',
            },
          ]),
      ...(this.model instanceof OnnxModel ? faultyForOwnContainer(options) : []),
      ...hardwareFaults(scope, type, {
        image: container.image,
        memoryRequired: containerModel.memoryRequired,
        forTransform: true,
      }),
    ]);
    this.warnOfMedia(container.image.environment ?? {});
    if (container.image.inferenceAmiVersion !== undefined) {
      Annotations.of(scope).addWarningV2(
        'cdk-inference-patterns:transform-driver',
        `the image of model '${this.model.name}' asks for the GPU driver of '${container.image.inferenceAmiVersion}', which transform jobs do not have: ` +
          "theirs is at most 535, by 'amiVersion'. Try it with one job, or use an image for an older CUDA.",
      );
    }
    this.grantRuns(role);
    const resource = new sagemaker.CfnModel(scope, 'Model', {
      executionRoleArn: role.roleArn,
      primaryContainer: container.definition,
      enableNetworkIsolation: networkIsolation,
      vpcConfig: network.vpcConfig,
    });
    // SageMaker looks whether the role may fetch image and model when the model is created.
    resource.node.addDependency(role, ...network.ready);
    // A run that is redriven after a later deployment names the model that it began with.
    resource.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return { model: { name: resource.attrModelName, role }, type, why };
  }

  /** The toolkit in the images of Hugging Face reads a JSON document a request, and no lines. */
  private warnOfMedia(environment: { readonly [name: string]: string }): void {
    const { contentType, strategy } = this.options;
    const takesDocuments = 'HF_TASK' in environment || 'HF_MODEL_ID' in environment;
    if (takesDocuments && (contentType === undefined || strategy !== TransformStrategy.SINGLE_RECORD)) {
      Annotations.of(this.scope).addWarningV2(
        'cdk-inference-patterns:transform-hugging-face',
        `the image of model '${this.model.name}' takes a JSON document a request, unless code of your own reads lines: ` +
          "set 'contentType' to 'application/json' and 'strategy' to SINGLE_RECORD, or every object may be refused",
      );
    }
  }

  private instanceFor(needs: InstanceNeeds): { readonly type: InstanceType; readonly why: string } {
    if (this.options.type !== undefined) {
      return { type: this.options.type, why: `${this.options.type.name}, as given` };
    }
    const choice = chooseInstance(
      needs,
      InstanceType.known().map(({ _hardware }) => _hardware!),
    );
    if (choice === undefined) {
      refuse(this.scope, [
        {
          id: 'transform-instance-choice',
          message: `no instance type can be chosen for the model '${this.model.name}': ${needs.memoryGiB === undefined ? "its image needs an accelerator, and 'memoryRequired' is not known" : 'none that batch transform has is large enough'}`,
          fix:
            needs.memoryGiB === undefined
              ? "give 'memoryRequired' of the model, or BatchEngine.transformJobs({ type: InstanceType.G5_XLARGE })"
              : "quantize the model, or shard it; or give the 'type' by InstanceType.of, if there is a larger one by now",
        },
      ]);
    }
    return { type: InstanceType.of(choice!.chosen.name), why: choice!.why };
  }

  /** Where objects are not cut, a larger one would fail its job. */
  private largestObject(): Size {
    const { maxPayload = DEFAULT_PAYLOAD } = this.options;
    const { maxObjectSize = LARGEST_OBJECT } = this.surroundings.props;
    const whole = splitOf(this.options) === TransformSplit.NONE && maxPayload.toBytes() > 0;
    return whole && maxPayload.toBytes() < maxObjectSize.toBytes() ? maxPayload : maxObjectSize;
  }

  private createFunction(): lambda.Function {
    const { scope, surroundings } = this;
    const advance = new lambda.Function(scope, 'Advance', {
      ...batchFunctionProps(
        scope,
        'Advance',
        `Reads what transform jobs of ${this.model.identity} answer`,
        surroundings.kept,
      ),
      code: handlerCode('batch-jobs', {}),
      architecture: lambda.Architecture.ARM_64,
      memorySize: 1024,
      environment: { [BATCH_NAME]: surroundings.batchName },
    });
    this.grantRuns(advance);
    advance.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['sagemaker:DescribeTransformJob', 'sagemaker:StopTransformJob'],
        resources: [this.jobArn],
      }),
    );
    const group = this.stack.formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: JOB_LOG_GROUP,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    advance.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['logs:DescribeLogStreams', 'logs:FilterLogEvents'],
        resources: [group, `${group}:*`],
      }),
    );
    return advance;
  }

  /** Allows to read the input, and to read and write below the runs. */
  private grantRuns(grantee: iam.IGrantable): void {
    const { input, output } = this.surroundings.props;
    const runs = `${output.prefix ?? ''}runs/`;
    grantMiss(input.bucket, grantee);
    grantGet(input.bucket, input.prefix ?? '', grantee);
    grantMiss(output.bucket, grantee);
    grantGet(output.bucket, runs, grantee);
    grantPut(output.bucket, runs, grantee);
  }

  /**
   * What Step Functions does to run a job, to wait for its end by an event, and to stop it.
   *
   * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html#sagemaker-iam-createtransformjob
   */
  private allowJobs(role: iam.IRole): void {
    role.addToPrincipalPolicy(
      new iam.PolicyStatement({
        actions: [
          'sagemaker:CreateTransformJob',
          'sagemaker:DescribeTransformJob',
          'sagemaker:StopTransformJob',
          // Jobs that it waits for get a tag of its own.
          'sagemaker:AddTags',
          'sagemaker:ListTags',
        ],
        resources: [this.jobArn],
      }),
    );
    role.addToPrincipalPolicy(
      new iam.PolicyStatement({
        actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
        resources: [
          this.stack.formatArn({
            service: 'events',
            resource: 'rule',
            resourceName: 'StepFunctionsGetEventsForSageMakerTransformJobsRule',
          }),
        ],
      }),
    );
  }

  private get jobArn(): string {
    return this.stack.formatArn({
      service: 'sagemaker',
      resource: 'transform-job',
      resourceName: `${this.jobPrefix}-*`,
    });
  }
}

/** @see https://docs.aws.amazon.com/sagemaker/latest/dg/hosting-faqs.html */
const OWN_CONTAINER_MEBIBYTES = 25;

function faultyForOwnContainer({ maxPayload, accept }: TransformJobOptions): readonly Fault[] {
  return [
    ...judge(maxPayload, (payload) =>
      payload.toMebibytes() <= OWN_CONTAINER_MEBIBYTES
        ? []
        : [
            {
              id: 'transform-own-payload',
              message: `'maxPayload' is ${payload.toMebibytes()} MiB, and the container for ONNX models takes ${OWN_CONTAINER_MEBIBYTES}`,
              fix: `set 'maxPayload' to ${OWN_CONTAINER_MEBIBYTES} MiB or less`,
            },
          ],
    ),
    // To anything else it answers with one document for a whole request, of which nobody could tell the records.
    ...judge(accept, (wanted) =>
      isJsonLines(wanted)
        ? []
        : [
            {
              id: 'transform-own-accept',
              message: `'accept' is ${wanted}, and the container for ONNX models answers in application/jsonlines`,
              fix: "leave 'accept' out",
            },
          ],
    ),
  ];
}

/** ARNs of jobs are in lower case, whatever their names are. */
function jobNamePrefix(model: string): string {
  return model.toLowerCase().slice(0, 20).replace(/-+$/, '');
}

function memoryOf(model: Model): number | undefined {
  if (model instanceof ContainerModel) {
    const { memoryRequired } = model;
    return memoryRequired === undefined || Token.isUnresolved(memoryRequired) || memoryRequired.isUnresolved()
      ? undefined
      : memoryRequired.toBytes() / 1024 ** 3;
  }
  return model instanceof OnnxModel ? memoryNeeded(inMebibytes(model.size)) / 1024 : undefined;
}
