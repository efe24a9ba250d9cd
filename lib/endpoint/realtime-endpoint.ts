import { Annotations, Duration, Lazy, Names } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sagemaker from 'aws-cdk-lib/aws-sagemaker';
import { Construct } from 'constructs';
import type { ApiBindOptions, ApiMethods, IApiBackend } from '../api/api-backend';
import { tooManyVariants } from '../checks/bounds/endpoint-capacity';
import type { Fault } from '../checks/bounds/fault';
import { endpointNameFaults, variantNameFaults, variantNameTaken } from '../checks/bounds/names';
import type { IInference } from '../inference';
import { bindNetwork, type ContainerNetwork, faultyNetwork } from '../model/container-network';
import { allowVolumes } from '../model/container-role';
import type { Model } from '../model/model';
import { InferenceAlarms } from '../monitoring/inference-alarms';
import { InferenceDashboard } from '../monitoring/inference-dashboard';
import { refuse } from '../private/errors';
import { judge, seconds } from '../private/validation';
import { defaultRollout, faultyDeployment } from '../rollout/endpoint-deployment';
import type { Rollout } from '../rollout/rollout';
import { renderPlan, ROLLOUT_PLAN_METADATA, type RolloutPlan } from '../rollout/rollout-plan';
import { captureConfig, faultyCapture } from './data-capture';
import { EndpointBase } from './endpoint-base';
import type { DeliveredEndpoint, EndpointDelivery } from './endpoint-delivery';
import { endpointMethods } from './endpoint-integration';
import { endpointLogs } from './endpoint-logs';
import { endpointRole } from './endpoint-role';
import { faultyStagedEndpoint } from './staged-endpoint-faults';
import { EndpointVariant } from './endpoint-variant';
import { GuardedEndpoint } from './guarded-endpoint';
import { type IImportedEndpoint, ImportedEndpoint, type ImportedEndpointOptions } from './imported-endpoint';
import type { EndpointVariantProps, RealtimeEndpointProps } from './realtime-endpoint-props';
import {
  addVariantAlarms,
  type EndpointThresholds,
  endpointThresholds,
  faultyEndpointThresholds,
  NEW_FLEET_ALARMS,
} from './variant-alarms';
import { addVariantRows } from './variant-dashboard';

/** The variant that an endpoint starts with. It must never change: SageMaker shifts traffic only between equal names. */
const FIRST_VARIANT = 'AllTraffic';
/** SageMaker gives up then: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html */
const LONGEST_REQUEST = Duration.seconds(60);

/** What no serverless variant can honour. */
const NOT_SERVERLESS = ['vpc', 'dataCapture', 'networkIsolation', 'detailedObservability'] as const;

/**
 * A model in containers on SageMaker instances (or serverless), GPUs first.
 *
 * Creates a model, a configuration and the endpoint, the role of the containers with exactly what they need, a rollout with
 * alarms on the new instances that roll it back, a check that fails the stack when SageMaker has rolled back silently, the
 * scaling, the alarms of the running service with one composite alarm to page by, and a dashboard.
 *
 * ```ts
 * new RealtimeEndpoint(this, 'Chat', {
 *   model: chat,
 *   capacity: Capacity.instances({ type: InstanceType.G6E_2XLARGE, min: 2, max: 8 }),
 * });
 * ```
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints.html
 */
export class RealtimeEndpoint
  extends EndpointBase
  implements IInference, IApiBackend, iam.IGrantable, ec2.IConnectable
{
  /**
   * An endpoint that exists: metrics, grants, and alarms for it.
   *
   * @param endpointName its name
   */
  public static fromEndpointName(
    scope: Construct,
    id: string,
    endpointName: string,
    options: ImportedEndpointOptions = {},
  ): IImportedEndpoint {
    return new ImportedEndpoint(scope, id, endpointName, options);
  }

  public readonly endpointName: string;
  public readonly model: Model;
  public readonly alarms: InferenceAlarms;
  public readonly dashboard?: InferenceDashboard;

  /** Longest time for one request. */
  public readonly timeout: Duration;

  /** The role that the containers run with. */
  public readonly role: iam.IRole;

  /** The containers, for what they are allowed beside the prediction, such as reading features from a table. */
  public readonly grantPrincipal: iam.IPrincipal;

  /** The variant that the endpoint starts with. */
  public readonly variant: EndpointVariant;

  /** Name of the configuration that this synthesis asks for; another with each change. */
  public readonly endpointConfigName: string;

  protected readonly defaultVariant: string = FIRST_VARIANT;

  private readonly props: RealtimeEndpointProps;
  private readonly network: ContainerNetwork;
  private readonly thresholds: EndpointThresholds;
  private readonly config: sagemaker.CfnEndpointConfig;
  private readonly delivery: EndpointDelivery;
  private readonly all: EndpointVariant[] = [];
  /** A scope of their own: a variant may be called like any of the other children. */
  private readonly variantScope: Construct;

  constructor(scope: Construct, id: string, props: RealtimeEndpointProps) {
    super(scope, id);
    this.timeout = props.timeout ?? LONGEST_REQUEST;
    const settings = props.alarms ?? {};
    this.props = props;
    this.model = props.model;
    this.endpointName = props.endpointName ?? nameOf(this);
    this.variantScope = new Construct(this, 'Variants');

    this.network = bindNetwork(this, props);
    this.role = endpointRole(this, this.endpointName, props);
    this.grantPrincipal = this.role.grantPrincipal;
    this.variant = this.createVariant(FIRST_VARIANT, props);
    refuse(this, [
      ...judge(props.endpointName, endpointNameFaults),
      ...seconds('endpoint-timeout', 'timeout', props.timeout, { min: 1, max: LONGEST_REQUEST.toSeconds() }),
      ...faultyCapture(props.dataCapture),
      ...faultyNetwork(props),
      ...faultyEndpointThresholds(settings, this.timeout),
      ...this.faults(),
    ]);
    this.thresholds = endpointThresholds(settings, this.timeout);

    this.config = this.createConfig();
    this.endpointConfigName = this.config.attrEndpointConfigName;
    this.delivery = this.createDelivery();
    this.node.defaultChild = this.delivery.resource;
    const logs = endpointLogs(this, this.endpointName, props);
    if (logs !== undefined) {
      this.delivery.resource.node.addDependency(logs);
    }

    this.alarms = new InferenceAlarms(this, 'Alarms', settings);
    this.dashboard = props.dashboard === false ? undefined : new InferenceDashboard(this, 'Dashboard', this.alarms);
    this.watch(this.variant);
    this.delivery.watch(this.alarms, this.dashboard);
    this.node.addMetadata(ROLLOUT_PLAN_METADATA, Lazy.any({ produce: () => renderPlan(this.rolloutPlan) }));
  }

  /** Models beside the one that the endpoint started with, each with instances and a share of the traffic of its own. */
  public addVariant(variantName: string, props: EndpointVariantProps): EndpointVariant {
    refuse(this, [
      ...variantNameFaults(variantName),
      ...variantNameTaken(
        variantName,
        this.all.map((variant) => variant.variantName),
      ),
      ...tooManyVariants(this.all.length + 1),
    ]);
    const variant = this.createVariant(variantName, props);
    refuse(this, this.faults());
    this.watch(variant);
    return variant;
  }

  /** All variants; a copy. */
  public get variants(): EndpointVariant[] {
    return [...this.all];
  }

  /** The alarms that roll a new version back; a copy. */
  public get rollbackAlarms(): cloudwatch.IAlarm[] {
    return this.delivery.rollbackAlarms;
  }

  /** The controller of a staged rollout; `inference-patterns rollout` asks for its name. */
  public get rolloutController(): lambda.IFunction | undefined {
    return this.delivery.controller?.function;
  }

  /** What will happen when a new version is deployed. */
  public get rolloutPlan(): RolloutPlan {
    return this.delivery.plan;
  }

  /** From where the containers may be reached, and what they may reach. Only with a VPC. */
  public get connections(): ec2.Connections {
    const { connections } = this.network;
    if (connections === undefined) {
      refuse(this, [
        {
          id: 'endpoint-connections-without-vpc',
          message: "'connections' is used, and the containers are in no network of yours",
          fix: "give the 'vpc' that they should be in",
        },
      ]);
    }
    return connections!;
  }

  /** Whether answers can be had piece by piece: from containers on instances, if they stream. */
  public get supportsStreaming(): boolean {
    return this.all.every(({ capacity }) => capacity._instances !== undefined);
  }

  /** What an `InferenceApi` puts behind its methods: the endpoint itself, with a function in between for streams alone. */
  public bindApi(options: ApiBindOptions): ApiMethods {
    const servesAsDeployed = this.delivery.controller === undefined;
    return endpointMethods(
      this,
      { endpoint: this, servesAsDeployed, thresholds: this.thresholds, logs: this.props },
      options,
    );
  }

  private createVariant(variantName: string, props: EndpointVariantProps): EndpointVariant {
    const variant = EndpointVariant._create(this.variantScope, variantName, props, {
      endpointName: this.endpointName,
      role: this.role,
      networkIsolation: this.props.networkIsolation ?? false,
      vpcConfig: this.network.vpcConfig,
      notServerless: NOT_SERVERLESS.filter((prop) => this.props[prop] !== undefined && this.props[prop] !== false),
    });
    this.all.push(variant);
    return variant;
  }

  /** What is wrong with the variants, and with how they are updated; one more variant can be too much for the others. */
  private faults(): Fault[] {
    const ofVariants = this.all.flatMap((variant, index) => {
      const faults = variant._faults(this.all.length);
      return index === 0 ? faults : faults.map((fault) => ofVariant(variant.variantName, fault));
    });
    if (this.rollout._staged !== undefined) {
      return [...ofVariants, ...faultyStagedEndpoint(this.all)];
    }
    const alarms = this.all.length * NEW_FLEET_ALARMS + this.ownRollbackAlarms.length;
    return [...ofVariants, ...faultyDeployment(this.rollout, this.fleets, alarms)];
  }

  /** Alarms, dashboard and scaling of one variant. */
  private watch(variant: EndpointVariant): void {
    const watched = variant._watched(variant.variantName === FIRST_VARIANT ? '' : `${variant.variantName}-`);
    for (const each of this.delivery.deliver(variant, watched)) {
      addVariantAlarms(this.alarms, each, this.thresholds);
      if (this.dashboard !== undefined) {
        addVariantRows(this.dashboard, each);
      }
    }
    this.encryptVolume(variant);
  }

  /** The endpoint itself, in whichever way its rollout wants to own it. */
  private createDelivery(): EndpointDelivery {
    const delivered: DeliveredEndpoint = {
      props: this.props,
      endpointName: this.endpointName,
      endpointArn: this.endpointArn,
      config: this.config,
      role: this.role,
      rollout: () => this.rollout,
      variants: this.all,
      thresholds: this.thresholds,
      ready: this.network.ready,
    };
    const staged = this.rollout._staged;
    if (staged === undefined) {
      return new GuardedEndpoint(this, delivered);
    }
    // Loaded when there is one: an app that has none does not wait for it.
    const { StagedEndpoint } = require('./staged-endpoint') as typeof import('./staged-endpoint');
    return new StagedEndpoint(this, staged, delivered);
  }

  private get rollout(): Rollout {
    return this.props.rollout ?? defaultRollout(this.fleets);
  }

  private get fleets() {
    return this.all.map((variant) => variant._fleet());
  }

  private get ownRollbackAlarms(): readonly cloudwatch.IAlarm[] {
    return this.props.rollout?.options.rollbackAlarms ?? [];
  }

  /** Without a name: it is replaced by each change, and a name of its own would be taken. */
  private createConfig(): sagemaker.CfnEndpointConfig {
    const { dataCapture, encryptionKey, detailedObservability } = this.props;
    return new sagemaker.CfnEndpointConfig(this, 'Config', {
      productionVariants: Lazy.any({ produce: () => this.all.map((variant) => variant._production()) }),
      dataCaptureConfig: dataCapture === undefined ? undefined : captureConfig(dataCapture, this.role, encryptionKey),
      kmsKeyId: Lazy.string({
        produce: () => (this.all.every(({ _hasVolume }) => _hasVolume === true) ? encryptionKey?.keyArn : undefined),
      }),
      metricsConfig: Lazy.any({
        produce: () =>
          this.all.some(({ capacity }) => capacity._instances !== undefined)
            ? { enableDetailedObservability: detailedObservability ?? false }
            : undefined,
      }),
    });
  }

  /** SageMaker takes a key for all volumes or for none, and refuses one as soon as any instance has disks of its own. */
  private encryptVolume({ _hasVolume: hasVolume, variantName, capacity }: EndpointVariant): void {
    const { encryptionKey } = this.props;
    if (encryptionKey === undefined || capacity._instances === undefined) {
      return;
    }
    if (hasVolume === true) {
      allowVolumes(this.role, encryptionKey);
    }
    const volumes = this.all.map((variant) => variant._hasVolume);
    if (hasVolume === undefined || (volumes.includes(true) && volumes.includes(false))) {
      Annotations.of(this).addWarningV2(
        `cdk-inference-patterns:volume-key-${variantName}`,
        hasVolume === undefined
          ? `whether the instances of variant '${variantName}' take a key for their volume is not known, so 'encryptionKey' is not used for volumes`
          : "some instances have disks of their own, with which SageMaker takes no key for the volumes of the others either: 'encryptionKey' is not used for volumes",
      );
    }
  }
}

/** In lower case, as SageMaker writes it in ARNs. */
function nameOf(scope: Construct): string {
  return Names.uniqueResourceName(scope, { maxLength: 63, separator: '-' }).toLowerCase();
}

/** A fault of a variant that was added: the endpoint's own props are of the first. */
function ofVariant(variantName: string, fault: Fault): Fault {
  return { ...fault, message: `variant '${variantName}': ${fault.message}` };
}
