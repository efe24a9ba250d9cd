import {
  DeleteModelCommand,
  DescribeModelCommand,
  ListEndpointConfigsCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import type { Configuration, EndpointConfigurations } from './endpoint-configurations';
import { unlessMissing } from './sagemaker-answers';

/** Configurations that are looked into before a model is deleted. Where there are more it is kept: models cost nothing. */
const MOST_CONFIGURATIONS = 200;
/** CloudFormation puts characters of its own behind the name of a resource: what is before them is of all its configurations. */
const MADE_UP = /-[^-]*$/;

/** Deletes what a version is made of: its configuration, and the model in it unless another configuration has it, too. */
export class VersionModels {
  constructor(
    private readonly sagemaker: SageMakerClient,
    private readonly configurations: EndpointConfigurations,
  ) {}

  public async delete(version: string): Promise<void> {
    const configuration = await this.configurations.describe(version);
    if (configuration === undefined) {
      return;
    }
    // Models first: only the configuration says which they are.
    for (const model of modelsOf(configuration)) {
      if (!(await this.isUsedBeside(version, model))) {
        await unlessMissing(() => this.sagemaker.send(new DeleteModelCommand({ ModelName: model })));
      }
    }
    await this.configurations.delete(version);
  }

  /** A version that differs in its instances alone has the same model, and may be one that is not on the endpoint yet. */
  private async isUsedBeside(version: string, model: string): Promise<boolean> {
    const described = await unlessMissing(() => this.sagemaker.send(new DescribeModelCommand({ ModelName: model })));
    if (described === undefined) {
      return false;
    }
    let looked = 0;
    let NextToken: string | undefined;
    do {
      const page = await this.sagemaker.send(
        new ListEndpointConfigsCommand({
          NameContains: version.replace(MADE_UP, ''),
          // None can have a model that was not there.
          CreationTimeAfter: new Date(described.CreationTime!.getTime() - 1000),
          SortBy: 'CreationTime',
          SortOrder: 'Descending',
          MaxResults: 100,
          NextToken,
        }),
      );
      for (const { EndpointConfigName: name } of page.EndpointConfigs ?? []) {
        if (name === version) {
          continue;
        }
        const other = await this.configurations.describe(name!);
        if ((other !== undefined && modelsOf(other).includes(model)) || ++looked >= MOST_CONFIGURATIONS) {
          return true;
        }
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return false;
  }
}

function modelsOf({ ProductionVariants = [], ShadowProductionVariants = [] }: Configuration): string[] {
  const names = [...ProductionVariants, ...ShadowProductionVariants].flatMap(({ ModelName, InstancePools = [] }) => [
    ModelName,
    ...InstancePools.map(({ ModelNameOverride }) => ModelNameOverride),
  ]);
  return [...new Set(names.filter((name) => name !== undefined))];
}
