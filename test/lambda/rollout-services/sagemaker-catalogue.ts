import type { Values } from './client-schema';
import type { SimulatedClock } from './clock';
import { Refusal } from './loopback-services';

/** What becomes of one request. */
export interface Prediction {
  readonly milliseconds: number;
  /** What the container answers it with; 200 if it is not said. */
  readonly status?: number;
  readonly answer?: unknown;
}

export interface SimulatedModel {
  readonly invoke: (body: string, random: () => number) => Prediction;
  /** Why its container does not start. */
  readonly broken?: string;
  /** Instances that can be had for it. */
  readonly limit?: number;
}

export interface ConfiguredVariant {
  readonly VariantName: string;
  readonly ModelName?: string;
  readonly InstanceType?: string;
  readonly InitialInstanceCount?: number;
  readonly InitialVariantWeight?: number;
}

export const ACCOUNT = 'arn:aws:sagemaker:eu-west-1:111122223333';
const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

/** What endpoints of SageMaker are made of: models and configurations, which never change. */
export class SageMakerCatalogue {
  public readonly models = new Map<string, SimulatedModel & { readonly created: number }>();
  public readonly configs = new Map<string, Values>();
  public readonly tags = new Map<string, Values[]>();

  constructor(private readonly clock: SimulatedClock) {}

  /** What the template makes: a model, unless there is one of that name, and a configuration that has it. */
  public make(version: string, model: string | ({ readonly name: string } & SimulatedModel), rest: Values = {}): void {
    const name = typeof model === 'string' ? model : model.name;
    if (typeof model !== 'string') {
      this.models.set(name, { ...model, created: this.clock.now() });
    }
    const { variant = {}, ...others } = rest as { variant?: Values };
    this.createConfig({
      EndpointConfigName: version,
      ProductionVariants: [
        {
          VariantName: 'AllTraffic',
          ModelName: name,
          InstanceType: 'ml.c5.xlarge',
          InitialInstanceCount: 4,
          InitialVariantWeight: 1,
          ...variant,
        },
      ],
      ...others,
    });
  }

  public createConfig({ Tags = [], ...input }: Values): Values {
    const name = String(input.EndpointConfigName);
    const arn = `${ACCOUNT}:endpoint-config/${name.toLowerCase()}`;
    const refuse = (message: string): never => {
      throw new Refusal('ValidationException', message);
    };
    if (!NAME.test(name)) {
      refuse(`Value '${name}' at 'endpointConfigName' failed to satisfy constraint: ${String(NAME)}`);
    }
    if (this.configs.has(name)) {
      refuse(`Cannot create already existing endpoint configuration "${arn}".`);
    }
    const variants = input.ProductionVariants as readonly ConfiguredVariant[];
    if (variants.length < 1 || variants.length > 10) {
      refuse(`a configuration has 1 to 10 production variants, not ${variants.length}`);
    }
    if (new Set(variants.map(({ VariantName }) => VariantName)).size < variants.length) {
      refuse('Variant names must be unique.');
    }
    for (const { ModelName, InitialVariantWeight = 1, InitialInstanceCount = 1 } of variants) {
      if (ModelName !== undefined && !this.models.has(ModelName)) {
        refuse(`Could not find model "${ACCOUNT}:model/${ModelName}".`);
      }
      if (InitialVariantWeight < 0 || InitialInstanceCount < 1) {
        refuse(`weight ${InitialVariantWeight} and ${InitialInstanceCount} instances are too little`);
      }
    }
    const tags = Tags as { readonly Key: string }[];
    if (tags.length > 50 || new Set(tags.map(({ Key }) => Key)).size < tags.length) {
      refuse(`${tags.length} tags are too many, or two have the same key`);
    }
    this.configs.set(name, { ...input, EndpointConfigArn: arn, CreationTime: this.clock.now() / 1000 });
    this.tags.set(arn, tags);
    return { EndpointConfigArn: arn };
  }

  public config(name: unknown): Values {
    const config = this.configs.get(String(name));
    if (config === undefined) {
      throw new Refusal(
        'ValidationException',
        `Could not find endpoint configuration "${ACCOUNT}:endpoint-config/${String(name).toLowerCase()}".`,
      );
    }
    return config;
  }

  public listConfigs({ NameContains = '', CreationTimeAfter = 0, MaxResults = 10, NextToken }: Values): Values {
    const found = [...this.configs]
      .filter(
        ([name, { CreationTime }]) =>
          name.includes(String(NameContains)) && Number(CreationTime) > Number(CreationTimeAfter),
      )
      .reverse();
    const from = Number(NextToken ?? 0);
    const to = from + Number(MaxResults);
    return {
      EndpointConfigs: found.slice(from, to).map(([EndpointConfigName, { EndpointConfigArn, CreationTime }]) => ({
        EndpointConfigName,
        EndpointConfigArn,
        CreationTime,
      })),
      ...(to < found.length ? { NextToken: String(to) } : {}),
    };
  }

  public describeModel(name: string): Values {
    const model = this.models.get(name);
    if (model === undefined) {
      throw new Refusal('ValidationException', `Could not find model "${ACCOUNT}:model/${name}".`);
    }
    return { ModelName: name, ModelArn: `${ACCOUNT}:model/${name}`, CreationTime: model.created / 1000 };
  }
}
