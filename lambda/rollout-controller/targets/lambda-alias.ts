import type { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import {
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  type LambdaClient,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import type { AliasDescription, Litter } from '../../rollout/contract';
import type { Progress, Target, TargetState } from '../../rollout/ports';
import { environmentsForShare } from './environments-for-share';
import { ProvisionedVersions } from './provisioned-versions';

/** What says that the same call should come again. */
const BUSY = new Set([
  'TooManyRequestsException',
  'ThrottlingException',
  'ResourceConflictException',
  'ConcurrentUpdateException',
  // Somebody changed the alias after it was read: the next call reads it again.
  'PreconditionFailedException',
]);

interface Alias extends TargetState {
  readonly revision?: string;
}

/**
 * An alias of a function, which is the controller's alone. Its own version is the live one; the candidate has a weight beside it, up to
 * the whole traffic, and becomes the alias' version at the end, when nothing moves by that. So the way back is the same at any time: no
 * weights.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
 */
export class LambdaAlias implements Target {
  private readonly environments: ProvisionedVersions;

  constructor(
    private readonly lambda: LambdaClient,
    scaling: ApplicationAutoScalingClient,
    private readonly description: Pick<AliasDescription, 'functionName' | 'aliasName' | 'provisioned'>,
  ) {
    const { functionName, provisioned } = description;
    this.environments = new ProvisionedVersions(lambda, scaling, functionName, provisioned);
  }

  public async read(): Promise<TargetState | undefined> {
    const alias = await this.alias();
    if (alias === undefined) {
      return undefined;
    }
    const { revision: _, ...state } = alias;
    return state;
  }

  /** With the same version again, gives it what the settings say by now. */
  public create(version: string): Promise<Progress> {
    return patiently(async () => {
      this.checkVersion(version);
      const alias = await this.alias();
      if (alias === undefined) {
        if ((await this.environments.provide(version, await this.environments.all(version))) === 'wait') {
          return 'wait';
        }
        await this.lambda.send(new CreateAliasCommand({ ...this.named, FunctionVersion: version }));
      } else if (alias.live !== version || alias.percent > 0) {
        throw new Error(
          `the alias ${this.name} exists and serves version ${alias.live}, so version ${version} is not its first: it comes by a rollout`,
        );
      } else {
        await this.takeOver();
      }
      await this.environments.release(version);
      return 'done';
    });
  }

  public stage(candidate: string, percent: number): Promise<Progress> {
    return patiently(async () => {
      this.checkVersion(candidate);
      const { live } = await this.existing();
      await this.takeOver();
      const all = await this.environments.all(live);
      if (all === 0) {
        return 'done';
      }
      await this.environments.hold(live, all);
      const needed = environmentsForShare(percent, all);
      const progress = await this.environments.provide(candidate, needed);
      if (progress === 'done') {
        await this.environments.hold(candidate, needed);
      }
      return progress;
    });
  }

  public shift(candidate: string, percent: number): Promise<Progress> {
    return patiently(async () => {
      this.checkVersion(candidate);
      const alias = await this.existing();
      if (alias.candidate === candidate && alias.percent === percent) {
        return 'done';
      }
      if (alias.live === candidate) {
        throw new Error(`version ${candidate} is the live one of the alias ${this.name} already, and has no share`);
      }
      // With the revision that was read: a call that comes late does not undo a retreat.
      await this.update(alias, alias.live, { [candidate]: percent / 100 });
      return 'done';
    });
  }

  public promote(candidate: string): Promise<Progress> {
    return patiently(async () => {
      this.checkVersion(candidate);
      const alias = await this.existing();
      if (alias.live === candidate && alias.candidate === undefined) {
        return 'done';
      }
      if (alias.candidate !== candidate || alias.percent !== 100) {
        throw new Error(
          `version ${candidate} does not have all traffic of the alias ${this.name}: ${alias.percent} % goes to ${alias.candidate ?? 'no other version'}, the rest to ${alias.live}`,
        );
      }
      await this.update(alias, candidate, {});
      return 'done';
    });
  }

  /** One call, which needs to know nothing, and wins over any that was begun before it. */
  public retreat(): Promise<Progress> {
    return patiently(async () => {
      try {
        await this.lambda.send(
          new UpdateAliasCommand({ ...this.named, RoutingConfig: { AdditionalVersionWeights: {} } }),
        );
      } catch (error) {
        if (!isNamed(error, 'ResourceNotFoundException')) {
          throw error;
        }
      }
      return 'done';
    });
  }

  public clean(version: string, what: Litter): Promise<Progress> {
    return patiently(async () => {
      this.checkVersion(version);
      const alias = await this.alias();
      if (alias?.live === version || (alias?.candidate === version && alias.percent > 0)) {
        throw new Error(
          `version ${version} serves the alias ${this.name}${alias.live === version ? '' : ` with ${alias.percent} % of its traffic`}, and is not removed`,
        );
      }
      if (alias?.candidate === version) {
        // A weight of nothing keeps it from being deleted.
        await this.update(alias, alias.live, {});
      }
      if (alias !== undefined && alias.percent === 0) {
        await this.environments.release(alias.live);
      }
      await this.environments.remove(version);
      if (what === 'all') {
        await this.delete(version);
      }
      return 'done';
    });
  }

  public remove(): Promise<Progress> {
    return patiently(async () => {
      const alias = await this.alias();
      if (alias === undefined) {
        return 'done';
      }
      for (const version of [alias.live, ...(alias.candidate === undefined ? [] : [alias.candidate])]) {
        await this.environments.remove(version);
      }
      await this.lambda.send(new DeleteAliasCommand(this.named));
      return 'done';
    });
  }

  /** What somebody else provisioned for the alias, before it was the controller's, would be paid for beside that of its versions. */
  private takeOver(): Promise<void> {
    return this.environments.removeFound(this.description.aliasName);
  }

  private async delete(version: string): Promise<void> {
    try {
      await this.lambda.send(
        new DeleteFunctionCommand({ FunctionName: this.description.functionName, Qualifier: version }),
      );
    } catch (error) {
      // Somebody has an alias of their own for it, and goes on using it.
      const inUse =
        isNamed(error, 'ResourceConflictException') && /aliases reference it/.test((error as Error).message);
      if (!inUse && !isNamed(error, 'ResourceNotFoundException')) {
        throw error;
      }
    }
  }

  private async update({ revision }: Alias, version: string, weights: Record<string, number>): Promise<void> {
    await this.lambda.send(
      new UpdateAliasCommand({
        ...this.named,
        FunctionVersion: version,
        RoutingConfig: { AdditionalVersionWeights: weights },
        RevisionId: revision,
      }),
    );
  }

  private async alias(): Promise<Alias | undefined> {
    try {
      const { FunctionVersion, RoutingConfig, RevisionId } = await this.lambda.send(new GetAliasCommand(this.named));
      const [[candidate, weight] = [undefined, 0]] = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {});
      return {
        live: FunctionVersion!,
        ...(candidate === undefined ? {} : { candidate }),
        percent: toPercent(weight),
        // A change of an alias is done when it is answered.
        settled: true,
        revision: RevisionId,
      };
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException')) {
        return undefined;
      }
      throw error;
    }
  }

  private async existing(): Promise<Alias> {
    const alias = await this.alias();
    if (alias === undefined) {
      throw new Error(`there is no alias ${this.name}: somebody has deleted it`);
    }
    return alias;
  }

  /** Without a number, what deletes a version would delete the function. */
  private checkVersion(version: string): void {
    if (!/^[1-9][0-9]*$/.test(version)) {
      throw new Error(`'${version}' is no number of a version of the function ${this.description.functionName}`);
    }
  }

  private get named(): { readonly FunctionName: string; readonly Name: string } {
    return { FunctionName: this.description.functionName, Name: this.description.aliasName };
  }

  private get name(): string {
    return `${this.description.functionName}:${this.description.aliasName}`;
  }
}

/** A weight times 100 is seldom a round number. */
function toPercent(weight: number): number {
  return Math.round(weight * 1e8) / 1e6;
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

async function patiently(call: () => Promise<Progress>): Promise<Progress> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && BUSY.has(error.name)) {
      return 'wait';
    }
    throw error;
  }
}
