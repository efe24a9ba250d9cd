import * as sagemaker from '@aws-sdk/client-sagemaker';
import type { Values } from './client-schema';
import type { SimulatedClock } from './clock';
import { Refusal, type SimulatedService } from './loopback-services';
import type { MetricsService } from './metrics-service';
import { ACCOUNT, type ConfiguredVariant, type Prediction, SageMakerCatalogue } from './sagemaker-catalogue';
import { type EndpointTimes, SimulatedEndpoint, type SimulatedVariant } from './sagemaker-endpoint';
import type { Scalable, ScalingService } from './scaling-service';

const RESOURCE = /^endpoint\/([\w-]+)\/variant\/([\w-]+)$/;

/** Amazon SageMaker: models, configurations and endpoints, which take minutes for each change. */
export class SageMakerService implements SimulatedService {
  public readonly name = 'Amazon SageMaker';
  public readonly client = sagemaker as unknown as Values;
  public readonly target = 'SageMaker';
  public readonly throttling = 'ThrottlingException';
  public readonly catalogue: SageMakerCatalogue;
  public readonly operations = {
    CreateEndpointConfig: (input: Values) => this.catalogue.createConfig(input),
    DescribeEndpointConfig: (input: Values) => this.catalogue.config(input.EndpointConfigName),
    DeleteEndpointConfig: (input: Values) => this.deleteConfig(input),
    ListEndpointConfigs: (input: Values) => this.catalogue.listConfigs(input),
    ListTags: ({ ResourceArn }: Values) => ({ Tags: this.catalogue.tags.get(String(ResourceArn)) ?? [] }),
    DescribeModel: ({ ModelName }: Values) => this.catalogue.describeModel(String(ModelName)),
    DeleteModel: (input: Values) => this.deleteModel(input),
    CreateEndpoint: (input: Values) => this.createEndpoint(input),
    DescribeEndpoint: (input: Values) => this.endpoint(input).described,
    UpdateEndpoint: (input: Values) => this.updateEndpoint(input),
    UpdateEndpointWeightsAndCapacities: (input: Values) => this.updateWeights(input),
    DeleteEndpoint: (input: Values) => this.deleteEndpoint(input),
  };
  public readonly endpoints = new Map<string, SimulatedEndpoint>();
  /** What was done that SageMaker does not refuse, and nobody may do. */
  public readonly broken: string[] = [];
  public readonly times: EndpointTimes = {
    create: 480,
    update: 600,
    capacity: 300,
    weights: 20,
    rollingBack: 120,
    delete: 30,
  };
  public scaling: ScalingService | undefined;
  public random: () => number = Math.random;

  constructor(
    private readonly clock: SimulatedClock,
    private readonly metrics: MetricsService,
  ) {
    this.catalogue = new SageMakerCatalogue(clock);
  }

  /** One that is there. */
  public find(name: string): SimulatedEndpoint | undefined {
    const endpoint = this.endpoints.get(name);
    endpoint?.settle();
    return endpoint === undefined || endpoint.deleted ? undefined : endpoint;
  }

  /** A request, now. */
  public call(endpointName: string, body: string, target?: string): Prediction & { readonly variant: string } {
    const endpoint = this.find(endpointName)!;
    const picked = target ?? pick(endpoint.shares, this.random());
    const { modelName } = endpoint.variants.get(picked)!;
    const prediction = this.catalogue.models.get(modelName)!.invoke(body, this.random);
    const { milliseconds, status = 200 } = prediction;
    const dimensions = { EndpointName: endpointName, VariantName: picked };
    const publish = (name: string, value: number): void =>
      this.metrics.publish('AWS/SageMaker', name, dimensions, value);
    publish('Invocations', 1);
    publish('Invocation4XXErrors', status >= 400 && status < 500 ? 1 : 0);
    publish('Invocation5XXErrors', status >= 500 ? 1 : 0);
    publish('ModelLatency', milliseconds * 1000);
    return { ...prediction, variant: picked };
  }

  /** Maintenance, which comes when it wants to. */
  public maintain(endpointName: string, seconds: number): void {
    const endpoint = this.find(endpointName)!;
    endpoint.begin('SystemUpdating', seconds, () => endpoint.end('InService'));
  }

  /** Instances, as Application Auto Scaling sees them. */
  public get scalable(): Scalable {
    const parts = (id: string): string[] => RESOURCE.exec(id)!.slice(1);
    return {
      namespace: 'sagemaker',
      dimension: 'sagemaker:variant:DesiredInstanceCount',
      resource: RESOURCE,
      capacity: (id) => {
        const [endpoint, variant] = parts(id);
        return this.find(endpoint)?.variants.get(variant)?.desired;
      },
      scale: (id, DesiredInstanceCount) => {
        const [EndpointName, VariantName] = parts(id);
        this.updateWeights({ EndpointName, DesiredWeightsAndCapacities: [{ VariantName, DesiredInstanceCount }] });
      },
    };
  }

  private deleteConfig({ EndpointConfigName }: Values): Values {
    this.catalogue.config(EndpointConfigName);
    const name = String(EndpointConfigName);
    for (const endpoint of this.endpoints.values()) {
      if (this.find(endpoint.name)?.configNames.includes(name)) {
        this.broken.push(`${name} is deleted, and ${endpoint.name} uses it`);
      }
    }
    this.catalogue.configs.delete(name);
    return {};
  }

  private deleteModel({ ModelName }: Values): Values {
    const name = String(ModelName);
    this.catalogue.describeModel(name);
    for (const { name: endpoint } of this.endpoints.values()) {
      if ([...(this.find(endpoint)?.variants.values() ?? [])].some(({ modelName }) => modelName === name)) {
        this.broken.push(`model ${name} is deleted, and ${endpoint} serves it`);
      }
    }
    this.catalogue.models.delete(name);
    return {};
  }

  private createEndpoint({ EndpointName, EndpointConfigName }: Values): Values {
    const name = String(EndpointName);
    if (this.find(name) !== undefined) {
      throw new Refusal('ValidationException', `Cannot create already existing endpoint "${this.find(name)!.arn}".`);
    }
    const fleet = this.fleet(this.catalogue.config(EndpointConfigName));
    const endpoint = new SimulatedEndpoint(name, String(EndpointConfigName), this.clock);
    this.endpoints.set(name, endpoint);
    endpoint.begin('Creating', this.times.create, () => {
      const fault = this.faultOf(fleet);
      if (fault === undefined) {
        endpoint.variants = fleet;
      }
      endpoint.end(fault === undefined ? 'InService' : 'Failed', fault);
    });
    return { EndpointArn: endpoint.arn };
  }

  private updateEndpoint(input: Values): Values {
    const endpoint = this.endpoint(input);
    endpoint.refuseInProgress();
    const name = String(input.EndpointConfigName);
    const config = this.catalogue.config(name);
    if (endpoint.status === 'Failed') {
      throw new Refusal('ValidationException', 'Cannot update a failed endpoint.');
    }
    const excluded = (
      (input.ExcludeRetainedVariantProperties ?? []) as readonly { readonly VariantPropertyType: string }[]
    ).map(({ VariantPropertyType }) => VariantPropertyType);
    const fleet = this.fleet(config);
    for (const old of endpoint.variants.values()) {
      const next = fleet.get(old.name);
      if (
        this.scaling?.targets.has(`endpoint/${endpoint.name}/variant/${old.name}`) === true &&
        next?.instanceType !== old.instanceType
      ) {
        throw new Refusal(
          'ValidationException',
          `The variant ${old.name} is registered with Application Auto Scaling: deregister it before it is removed or gets another instance type.`,
        );
      }
      if (next !== undefined && input.RetainAllVariantProperties === true) {
        if (!excluded.includes('DesiredInstanceCount')) {
          next.current = next.desired = old.desired;
        }
        if (!excluded.includes('DesiredWeight')) {
          next.weight = next.desiredWeight = old.desiredWeight;
        }
      }
    }
    const finish = (): void => {
      const fault = this.catalogue.configs.has(name)
        ? this.faultOf(fleet)
        : `Could not find endpoint configuration "${name}".`;
      if (fault === undefined) {
        endpoint.variants = fleet;
        endpoint.configName = name;
      }
      endpoint.end('InService', fault);
    };
    endpoint.begin('Updating', this.times.update, finish, name);
    return { EndpointArn: endpoint.arn };
  }

  private updateWeights(input: Values): Values {
    const endpoint = this.endpoint(input);
    endpoint.refuseInProgress();
    const asked = input.DesiredWeightsAndCapacities as readonly {
      readonly VariantName: string;
      readonly DesiredWeight?: number;
      readonly DesiredInstanceCount?: number;
    }[];
    const sized = asked.filter(({ DesiredInstanceCount }) => DesiredInstanceCount !== undefined);
    for (const { VariantName, DesiredWeight = 0 } of asked) {
      if (!endpoint.variants.has(VariantName)) {
        throw new Refusal('ValidationException', `Could not find variant "${VariantName}" of ${endpoint.arn}.`);
      }
      if (DesiredWeight < 0) {
        throw new Refusal('ValidationException', `weight ${DesiredWeight} is less than 0`);
      }
    }
    if (sized.length > 1) {
      throw new Refusal('ValidationException', 'The capacity of one variant can be updated at a time.');
    }
    for (const { VariantName, DesiredWeight, DesiredInstanceCount } of asked) {
      const variant = endpoint.variants.get(VariantName)!;
      variant.desiredWeight = DesiredWeight ?? variant.weight;
      variant.desired = DesiredInstanceCount ?? variant.current;
    }
    const variants = [...endpoint.variants.values()];
    endpoint.begin('Updating', sized.length > 0 ? this.times.capacity : this.times.weights, () => {
      if (sized.length === 0 || this.faultOf(endpoint.variants) === undefined) {
        variants.forEach((variant) => {
          variant.weight = variant.desiredWeight;
          variant.current = variant.desired;
        });
        endpoint.end('InService');
        return;
      }
      endpoint.begin('RollingBack', this.times.rollingBack, () => {
        variants.forEach((variant) => {
          variant.desiredWeight = variant.weight;
          variant.desired = variant.current;
        });
        endpoint.end('InService');
      });
    });
    return { EndpointArn: endpoint.arn };
  }

  private deleteEndpoint(input: Values): Values {
    const endpoint = this.endpoint(input);
    endpoint.refuseInProgress();
    for (const id of this.scaling?.targets.keys() ?? []) {
      if (id.startsWith(`endpoint/${endpoint.name}/`)) {
        this.scaling!.targets.delete(id);
      }
    }
    endpoint.begin('Deleting', this.times.delete, () => {
      endpoint.deleted = true;
    });
    return {};
  }

  private endpoint({ EndpointName }: Values): SimulatedEndpoint {
    const endpoint = this.find(String(EndpointName));
    if (endpoint === undefined) {
      throw new Refusal(
        'ValidationException',
        `Could not find endpoint "${ACCOUNT}:endpoint/${String(EndpointName).toLowerCase()}".`,
      );
    }
    return endpoint;
  }

  private fleet(config: Values): Map<string, SimulatedVariant> {
    return new Map(
      (config.ProductionVariants as readonly ConfiguredVariant[]).map((variant) => {
        const { VariantName: name, ModelName: modelName = '', InstanceType: instanceType = '' } = variant;
        const [weight, count] = [variant.InitialVariantWeight ?? 1, variant.InitialInstanceCount ?? 1];
        return [
          name,
          { name, modelName, instanceType, weight, desiredWeight: weight, current: count, desired: count },
        ] as const;
      }),
    );
  }

  /** Why these instances do not come up. */
  private faultOf(fleet: ReadonlyMap<string, SimulatedVariant>): string | undefined {
    for (const { name, modelName, desired } of fleet.values()) {
      const model = this.catalogue.models.get(modelName);
      if (modelName === '') {
        // Of inference components, which come later.
        continue;
      }
      if (model === undefined) {
        return `Could not find model "${modelName}".`;
      }
      if (model.broken !== undefined) {
        return `The primary container for production variant ${name} did not pass the ping health check: ${model.broken}`;
      }
      if (desired > (model.limit ?? Infinity)) {
        return `Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error for ${name}.`;
      }
    }
    return undefined;
  }
}

function pick(shares: Readonly<Record<string, number>>, random: number): string {
  let left = random;
  const names = Object.keys(shares).filter((name) => shares[name] > 0);
  return names.find((name) => (left -= shares[name]) < 0) ?? names.at(-1)!;
}
