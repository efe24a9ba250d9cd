import { createHash } from 'node:crypto';
import {
  CreateEndpointConfigCommand,
  DeleteEndpointConfigCommand,
  DescribeEndpointConfigCommand,
  type DescribeEndpointConfigCommandOutput,
  ListEndpointConfigsCommand,
  ListTagsCommand,
  type ProductionVariant,
  type SageMakerClient,
  type Tag,
} from '@aws-sdk/client-sagemaker';
import { OWN_NAME_CHARACTERS } from '../../rollout-target/contract';
import { unlessMissing, unlessThere } from './sagemaker-answers';

/** A version, and the variant of the endpoint that has it. */
export interface Place {
  readonly version: string;
  readonly variant: string;
}

/** Who is who on an endpoint. */
export interface Roles {
  readonly live: Place;
  readonly candidate?: Place;
}

export type Configuration = DescribeEndpointConfigCommandOutput;

const TAG = 'inference-patterns';
/** Those of the controller beside those of the version, of 50 in all. */
const MOST_TAGS = 50 - 5;

/**
 * Configurations that the controller makes: of two versions beside each other, or of one under the variant name that its own
 * configuration does not have. Their names follow from what is in them, so that a repeat finds them, and their tags say who is who.
 * SageMaker never changes a configuration.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
 */
export class EndpointConfigurations {
  private readonly known = new Map<string, Roles>();
  private readonly prefix: string;

  constructor(
    private readonly sagemaker: SageMakerClient,
    private readonly endpointName: string,
  ) {
    this.prefix = `${endpointName.toLowerCase().slice(0, OWN_NAME_CHARACTERS)}-rollout-`;
  }

  /** Undefined when there is none. */
  public describe(name: string): Promise<Configuration | undefined> {
    return unlessMissing(() => this.sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName: name })));
  }

  /** That of a version, which must be there. */
  public async ofVersion(version: string): Promise<Configuration> {
    const configuration = await this.describe(version);
    if (configuration === undefined) {
      throw new Error(
        `there is no endpoint configuration ${version}, which is a version of the endpoint ${this.endpointName}: somebody has deleted it`,
      );
    }
    return configuration;
  }

  /** Who is who by a configuration of the controller; undefined for any other. */
  public async rolesOf(name: string): Promise<Roles | undefined> {
    if (!this.mayBeOwn(name)) {
      return undefined;
    }
    const before = this.known.get(name);
    if (before !== undefined) {
      return before;
    }
    const configuration = await this.describe(name);
    if (configuration === undefined) {
      return undefined;
    }
    const tags = new Map((await this.tags(configuration)).map(({ Key, Value }) => [Key, Value]));
    const place = (role: string): Place | undefined => {
      const [version, variant] = [tags.get(`${TAG}:${role}`), tags.get(`${TAG}:${role}-variant`)];
      return version === undefined || variant === undefined ? undefined : { version, variant };
    };
    const live = place('live');
    const candidate = place('candidate');
    const roles = live && (candidate === undefined ? { live } : { live, candidate });
    if (roles === undefined || this.nameOf(roles) !== name) {
      // Somebody else's, or its tags were changed.
      return undefined;
    }
    this.known.set(name, roles);
    return roles;
  }

  /** The configuration of one version alone: its own, if that has the right name for the variant. */
  public async alone({ version, variant }: Place): Promise<string> {
    const configuration = await this.ofVersion(version);
    const own = plainVariant(configuration);
    if (own.VariantName === variant) {
      return version;
    }
    return this.make({ live: { version, variant } }, configuration, [
      { ...own, VariantName: variant, InitialVariantWeight: 1 },
    ]);
  }

  /** Both beside each other, the candidate without traffic. What is of the endpoint as a whole is the candidate's. */
  public async beside(
    roles: Required<Roles>,
    live: { readonly configuration: Configuration; readonly instances: number },
    candidate: { readonly configuration: Configuration; readonly instances: number },
  ): Promise<string> {
    return this.make(roles, candidate.configuration, [
      {
        ...plainVariant(live.configuration),
        VariantName: roles.live.variant,
        InitialInstanceCount: live.instances,
        InitialVariantWeight: 100,
      },
      {
        ...plainVariant(candidate.configuration),
        VariantName: roles.candidate.variant,
        InitialInstanceCount: candidate.instances,
        InitialVariantWeight: 0,
      },
    ]);
  }

  /** Names of all that the controller made for this endpoint. */
  public async own(): Promise<readonly string[]> {
    const names: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.sagemaker.send(
        new ListEndpointConfigsCommand({ NameContains: this.prefix, MaxResults: 100, NextToken }),
      );
      for (const { EndpointConfigName: name } of page.EndpointConfigs ?? []) {
        if ((await this.rolesOf(name!)) !== undefined) {
          names.push(name!);
        }
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return names;
  }

  public async delete(name: string): Promise<void> {
    await unlessMissing(() => this.sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: name })));
  }

  /** Tags that the construct gave a version: they are also of what is made of it. */
  public async tagsOf(configuration: Configuration): Promise<Tag[]> {
    const tags = await this.tags(configuration);
    // Those of CloudFormation cannot be given, and those of the controller say something else.
    return tags.filter(({ Key }) => !/^(aws|inference-patterns):/i.test(Key!)).slice(0, MOST_TAGS);
  }

  private async make(roles: Roles, of: Configuration, variants: ProductionVariant[]): Promise<string> {
    const name = this.nameOf(roles);
    const role = (name: string, place: Place | undefined): Tag[] =>
      place === undefined
        ? []
        : [
            { Key: `${TAG}:${name}`, Value: place.version },
            { Key: `${TAG}:${name}-variant`, Value: place.variant },
          ];
    await unlessThere(async () =>
      this.sagemaker.send(
        new CreateEndpointConfigCommand({
          EndpointConfigName: name,
          ProductionVariants: variants,
          DataCaptureConfig: of.DataCaptureConfig,
          KmsKeyId: of.KmsKeyId,
          ExplainerConfig: of.ExplainerConfig,
          ExecutionRoleArn: of.ExecutionRoleArn,
          VpcConfig: of.VpcConfig,
          EnableNetworkIsolation: of.EnableNetworkIsolation,
          MetricsConfig: of.MetricsConfig,
          Tags: [
            ...(await this.tagsOf(of)),
            { Key: `${TAG}:endpoint`, Value: this.endpointName },
            ...role('live', roles.live),
            ...role('candidate', roles.candidate),
          ],
        }),
      ),
    );
    return name;
  }

  private async tags({ EndpointConfigArn: ResourceArn }: Configuration): Promise<Tag[]> {
    const tags: Tag[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.sagemaker.send(new ListTagsCommand({ ResourceArn, NextToken }));
      tags.push(...(page.Tags ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return tags;
  }

  private nameOf({ live, candidate }: Roles): string {
    const content = [this.endpointName, live.version, live.variant, candidate?.version, candidate?.variant];
    return `${this.prefix}${createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12)}`;
  }

  private mayBeOwn(name: string): boolean {
    return name.startsWith(this.prefix) && /^[0-9a-f]{12}$/.test(name.slice(this.prefix.length));
  }
}

/** The one variant of a version; a configuration of another kind is no version. */
export function plainVariant(configuration: Configuration): ProductionVariant {
  const { EndpointConfigName, ProductionVariants: variants = [], ShadowProductionVariants = [] } = configuration;
  const [variant] = variants;
  const fault =
    variants.length !== 1
      ? `has ${variants.length} variants (${variants.map(({ VariantName }) => VariantName).join(', ')})`
      : ShadowProductionVariants.length > 0
        ? 'has a shadow variant'
        : variant.ServerlessConfig !== undefined
          ? 'is serverless, where SageMaker allows no second variant'
          : variant.ModelName === undefined
            ? 'is for inference components, which have no model of their own'
            : configuration.AsyncInferenceConfig !== undefined
              ? 'is asynchronous, where SageMaker splits no traffic'
              : undefined;
  if (fault !== undefined) {
    throw new Error(
      `the endpoint configuration ${EndpointConfigName} ${fault}. A staged rollout moves versions with one variant on instances each: use a rollout of SageMaker's own, such as Rollout.allAtOnce`,
    );
  }
  return variant;
}
