import type { Hardware } from '../bounds/hardware';
import { instanceCatalogue } from '../catalogue/instance-catalogue';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, isMissing, isObject, listAt, type Resolved, textAt } from '../template/resolved-value';
import { variantsOf } from './endpoints';
import { type ImageFacts, imageFacts } from './image-facts';

const MODEL = 'AWS::SageMaker::Model';

/** A container of a model. */
export interface HostedContainer {
  readonly definition: Resolved;
  readonly image?: ImageFacts;
  /** Variables whose values are known. */
  readonly environment: ReadonlyMap<string, string>;
}

/** A variant with the model that it serves, and what that runs on. */
export interface HostedVariant {
  readonly name: string;
  readonly variant: Resolved;
  readonly serverless: boolean;
  /** Absent where the type is not known, or not in the catalogue. */
  readonly hardware?: Hardware;
  readonly model?: ResolvedResource;
  readonly containers: readonly HostedContainer[];
}

/** The variants of a configuration. */
export function hostedVariants(config: ResolvedResource, template: ResolvedTemplate): readonly HostedVariant[] {
  return variantsOf(config).map((variant) => {
    const model = template.referred(at(variant, 'ModelName'), MODEL);
    return {
      name: `variant '${textAt(variant, 'VariantName') ?? '?'}'`,
      variant,
      serverless: isObject(at(variant, 'ServerlessConfig')),
      hardware: hardwareOf(variant),
      model,
      containers: model === undefined ? [] : containersOf(model),
    };
  });
}

/** The instance type of a variant, where the catalogue has it. */
export function hardwareOf(variant: Resolved): Hardware | undefined {
  return instanceCatalogue().get(textAt(variant, 'InstanceType') ?? '');
}

/** The containers of a model, one or several after each other. */
export function containersOf({ properties }: ResolvedResource): readonly HostedContainer[] {
  return [at(properties, 'PrimaryContainer'), ...listAt(properties, 'Containers')]
    .filter(isObject)
    .map((definition) => ({
      definition,
      image: imageFacts(at(definition, 'Image')),
      environment: environmentOf(definition),
    }));
}

function environmentOf(definition: Resolved): ReadonlyMap<string, string> {
  const environment = at(definition, 'Environment');
  return new Map(
    Object.entries(isObject(environment) ? environment : {}).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? [[name, String(value)] as const]
        : [],
    ),
  );
}

/** Variables by which images of AWS are told what model to fetch. */
const HUB_MODEL = ['SM_VLLM_MODEL', 'SM_SGLANG_MODEL_PATH', 'HF_MODEL_ID', 'OPTION_MODEL_ID'];

/** The model of a hub that a container fetches when it starts, such as `Qwen/Qwen2.5-7B-Instruct`. */
export function hubModel({ definition, environment }: HostedContainer): string | undefined {
  const model = HUB_MODEL.map((name) => environment.get(name)).find((value) => value !== undefined);
  return model !== undefined &&
    /^[\w.-]+\/[\w.-]+$/.test(model) &&
    isMissing(definition, 'ModelDataUrl') &&
    isMissing(definition, 'ModelDataSource')
    ? model
    : undefined;
}
