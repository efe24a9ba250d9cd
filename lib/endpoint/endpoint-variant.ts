import { type Size, Token } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as sagemaker from 'aws-cdk-lib/aws-sagemaker';
import { Construct } from 'constructs';
import { notServerless } from '../checks/bounds/endpoint-capacity';
import type { Fault } from '../checks/bounds/fault';
import { containerDefinition } from '../model/container-definition';
import { hardwareFaults } from '../model/hardware-faults';
import type { InstanceSpec } from '../model/instance-type';
import { ContainerModel, type Model, OnnxModel } from '../model/model';
import { asContainer } from '../model/onnx-serving-image';
import { type ServingImageConfig, ServingAccelerator } from '../model/serving-image-config';
import { fraction, gibibytes, minutes } from '../private/validation';
import type { VariantFleet } from '../rollout/endpoint-deployment';
import type { InstanceTarget } from '../scaling/scaling';
import type { Capacity } from './capacity';
import { faultyScaling, targetOf } from './instance-scaling';
import type { EndpointVariantProps } from './realtime-endpoint-props';
import { Routing } from './routing';
import type { WatchedVariant } from './variant-alarms';
import { VariantMetrics } from './variant-metrics';
import { longestStart, startupTimes, type StartupTimes, volumeFor } from './variant-sizing';

/** What an endpoint gives to each of its variants. */
export interface EndpointSettings {
  readonly endpointName: string;
  readonly role: iam.IRole;
  readonly networkIsolation: boolean;
  readonly vpcConfig?: sagemaker.CfnModel.VpcConfigProperty;
  /** Props of the endpoint that no serverless variant can honour, in the user's words. */
  readonly notServerless: readonly string[];
}

/** One variant of an endpoint: a model, what it runs on, and its share of the traffic. Made by `addVariant` of the endpoint. */
export class EndpointVariant extends Construct {
  /** @internal */
  public static _create(
    scope: Construct,
    variantName: string,
    props: EndpointVariantProps,
    settings: EndpointSettings,
  ): EndpointVariant {
    return new EndpointVariant(scope, variantName, props, settings);
  }

  /** Name of the variant; callers may ask for it by `TargetVariant`. */
  public readonly variantName: string;

  /** The model. */
  public readonly model: Model;

  /** On what it runs. */
  public readonly capacity: Capacity;

  /** Share of the requests, beside the weights of the other variants. */
  public readonly weight: number;

  /**
   * The model as SageMaker has it; a change of anything in it replaces it.
   *
   * @internal
   */
  public readonly _cfnModel: sagemaker.CfnModel;

  /** @internal */
  public readonly _metrics: VariantMetrics;

  /** @internal */
  public readonly _target?: InstanceTarget;

  private readonly props: EndpointVariantProps;
  private readonly image: ServingImageConfig;
  private readonly times: StartupTimes;
  private readonly settings: EndpointSettings;
  private readonly uncompressed: boolean;

  private constructor(scope: Construct, variantName: string, props: EndpointVariantProps, settings: EndpointSettings) {
    super(scope, variantName);
    this.props = props;
    this.settings = settings;
    this.variantName = variantName;
    this.model = props.model;
    this.capacity = props.capacity;
    this.weight = props.weight ?? 1;
    this._metrics = new VariantMetrics(settings.endpointName, variantName);

    const container = containerDefinition(this, asContainer(props.model, { arm64: this.instance?.arm64 }), {
      role: settings.role,
      networkIsolation: settings.networkIsolation,
    });
    this.image = container.image;
    this.uncompressed = container.definition.modelDataSource !== undefined;
    const size = sizeOf(props.model);
    this.times = startupTimes(size, props);
    this._target = targetOf(props.scaling, this.scalable);
    this._cfnModel = new sagemaker.CfnModel(this, 'Model', {
      executionRoleArn: settings.role.roleArn,
      primaryContainer: container.definition,
      enableNetworkIsolation: settings.networkIsolation,
      vpcConfig: settings.vpcConfig,
    });
    // SageMaker looks whether the role may fetch image and model when the model is created.
    this._cfnModel.node.addDependency(settings.role);
  }

  /**
   * A metric that SageMaker publishes for this variant, by its official name; the sum per minute, and the average of
   * utilisations, unless told otherwise.
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this._metrics.metric(metricName, options);
  }

  /** @internal */
  public _faults(variants: number): Fault[] {
    const { props } = this;
    const faults: Fault[] = [
      ...fraction('variant-weight', 'weight', props.weight, { min: 0, max: 1_000_000 }),
      ...gibibytes('variant-volume', 'volumeSize', props.volumeSize, { min: 1, max: 512 }),
      ...minutes('variant-download-timeout', 'downloadTimeout', props.downloadTimeout, { min: 1, max: 60 }),
      ...minutes('variant-startup-timeout', 'startupTimeout', props.startupTimeout, { min: 1, max: 60 }),
      ...faultyScaling(props.scaling, {
        onInstances: this.onInstances,
        scalable: this.scalable,
        instance: this.instance,
      }),
    ];
    const instances = this.capacity._instances;
    if (instances !== undefined) {
      faults.push(
        ...hardwareFaults(this, instances.type, {
          image: this.image,
          memoryRequired: this.model instanceof ContainerModel ? this.model.memoryRequired : undefined,
          volume: { size: props.volumeSize !== undefined, key: false },
        }),
      );
    } else {
      faults.push(
        ...notServerless({
          unsupported: [
            ...this.settings.notServerless,
            ...(['routing', 'volumeSize', 'downloadTimeout', 'startupTimeout'] as const).filter(
              (prop) => props[prop] !== undefined,
            ),
          ],
          variants,
          accelerator: (this.image.accelerator ?? ServingAccelerator.NONE) !== ServingAccelerator.NONE,
          uncompressedModel: this.uncompressed,
        }),
      );
    }
    return faults;
  }

  /**
   * As SageMaker takes it.
   *
   * @internal
   */
  public _production(): sagemaker.CfnEndpointConfig.ProductionVariantProperty {
    const common = {
      variantName: this.variantName,
      modelName: this._cfnModel.attrModelName,
      initialVariantWeight: this.weight,
    };
    const serverless = this.capacity._serverless;
    if (serverless !== undefined) {
      return {
        ...common,
        serverlessConfig: {
          memorySizeInMb: serverless.memory.toMebibytes(),
          maxConcurrency: serverless.maxConcurrency,
          provisionedConcurrency: serverless.provisioned,
        },
      };
    }
    const { type, min } = this.capacity._instances!;
    return {
      ...common,
      instanceType: type.name,
      // The least of them: more would be started by each deployment, whatever the traffic is.
      initialInstanceCount: min,
      volumeSizeInGb:
        this.props.volumeSize?.toGibibytes() ?? (this._hasVolume === true ? volumeFor(sizeOf(this.model)) : undefined),
      modelDataDownloadTimeoutInSeconds: this.times.download.toSeconds(),
      containerStartupHealthCheckTimeoutInSeconds: this.times.startup.toSeconds(),
      routingConfig: (this.props.routing ?? Routing.leastOutstandingRequests())._config,
      inferenceAmiVersion: this.image.inferenceAmiVersion,
      enableSsmAccess: false,
    };
  }

  /**
   * What a rollout and the alarms know of this variant.
   *
   * @internal
   */
  public _fleet(): VariantFleet {
    const instances = this.capacity._instances;
    const known = (value: number | undefined) => (Token.isUnresolved(value) ? undefined : value);
    return {
      variant: this.variantName,
      serverless: instances === undefined,
      instances: known(instances?.min),
      maxInstances: instances === undefined ? 0 : known(instances.max),
      instanceType:
        instances === undefined || Token.isUnresolved(instances.type.name) ? undefined : instances.type.name,
      startup: longestStart(this.times),
    };
  }

  /** @internal */
  public _watched(prefix: string): WatchedVariant {
    return {
      name: this.variantName,
      prefix,
      metrics: this._metrics,
      instance: this.instance,
      onInstances: this.onInstances,
      scaledTo: this._target === undefined ? undefined : this.capacity._instances?.max,
    };
  }

  /**
   * Whether there is a volume that a key of one's own could encrypt; undefined where that is not known.
   *
   * @internal
   */
  public get _hasVolume(): boolean | undefined {
    if (!this.onInstances) {
      return false;
    }
    return this.instance === undefined ? undefined : this.instance.localStorage === undefined;
  }

  /** What is known of its instances. */
  private get instance(): InstanceSpec | undefined {
    return this.capacity._instances?.type.spec;
  }

  private get onInstances(): boolean {
    return this.capacity._instances !== undefined;
  }

  /** Whether the capacity leaves room to scale; what is known only at deployment may. */
  private get scalable(): boolean {
    const instances = this.capacity._instances;
    if (instances === undefined) {
      return false;
    }
    const { min, max } = instances;
    return Token.isUnresolved(min) || Token.isUnresolved(max) ? min !== max : max > min;
  }
}

/** What has to be fetched and loaded, where that is known. */
function sizeOf(model: Model): Size | undefined {
  if (model instanceof ContainerModel) {
    return model.artifact?.size ?? model.memoryRequired;
  }
  return model instanceof OnnxModel ? model.size : undefined;
}
