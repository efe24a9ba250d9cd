import * as lambda from '@aws-sdk/client-lambda';
import type { Values } from './client-schema';
import type { SimulatedClock } from './clock';
import { Refusal, type SimulatedService } from './loopback-services';
import type { MetricsService } from './metrics-service';
import { ProvisionedEnvironments } from './provisioned-environments';
import type { Scalable } from './scaling-service';

/** What becomes of one invocation of a version. */
export interface Invocation {
  readonly milliseconds: number;
  /** Thrown by the function, which AWS Lambda counts. */
  readonly error?: string;
  readonly answer?: unknown;
  /** Values of metrics that the function publishes itself, by name. */
  readonly embedded?: Readonly<Record<string, number>>;
}

export interface SimulatedVersion {
  readonly invoke: (payload: unknown, random: () => number) => Invocation;
  readonly role?: string;
  readonly deadLetters?: string;
  /** Why an environment of it cannot start. */
  readonly broken?: string;
}

interface Alias {
  readonly Name: string;
  readonly FunctionVersion: string;
  readonly Description?: string;
  readonly RoutingConfig?: { readonly AdditionalVersionWeights: Readonly<Record<string, number>> };
  readonly RevisionId: string;
  /** When its own environments are those of its new version, and the traffic follows. */
  readonly movesAt?: number;
}

const ACCOUNT = 'arn:aws:lambda:eu-west-1:111122223333:function:';
const LATEST = '$LATEST';
const PAGE = 50;

/** AWS Lambda with one function: versions, aliases and their weights, provisioned environments, invocations. */
export class LambdaService implements SimulatedService {
  public readonly name = 'AWS Lambda';
  public readonly client = lambda as unknown as Values;
  public readonly throttling = 'TooManyRequestsException';
  public readonly operations = {
    CreateAlias: (input: Values) => this.createAlias(input),
    GetAlias: (input: Values) => this.described(this.alias(input.FunctionName, String(input.Name))),
    UpdateAlias: (input: Values) => this.updateAlias(input),
    DeleteAlias: (input: Values) => this.deleteAlias(input),
    ListVersionsByFunction: (input: Values) => this.listVersions(input),
    DeleteFunction: (input: Values) => this.deleteFunction(input),
    PutProvisionedConcurrencyConfig: (input: Values) => this.putProvisioned(input),
    GetProvisionedConcurrencyConfig: (input: Values) => this.provisioned.get(this.qualifier(input)),
    DeleteProvisionedConcurrencyConfig: (input: Values) => this.deleteProvisioned(input),
    Invoke: (input: Values) => this.invoke(input),
  };
  public readonly versions = new Map<string, SimulatedVersion>();
  public readonly aliases = new Map<string, Alias>();
  public readonly provisioned: ProvisionedEnvironments;
  public random: () => number = Math.random;
  private published = 0;
  private revisions = 0;
  private deleted = false;

  constructor(
    public readonly functionName: string,
    private readonly clock: SimulatedClock,
    private readonly metrics: MetricsService,
  ) {
    this.provisioned = new ProvisionedEnvironments(
      clock,
      (qualifier) => this.versions.get(this.aliases.get(qualifier)?.FunctionVersion ?? qualifier)?.broken,
    );
  }

  /** Provisioned environments, as Application Auto Scaling sees them. */
  public get scalable(): Scalable {
    const qualifier = (id: string): string => id.replace(/^.*:/, '');
    return {
      namespace: 'lambda',
      dimension: 'lambda:function:ProvisionedConcurrency',
      resource: /^function:[\w-]+:[\w-]+$/,
      capacity: (id) => this.provisioned.ready(qualifier(id)),
      scale: (id, ProvisionedConcurrentExecutions) => {
        this.putProvisioned({
          FunctionName: this.functionName,
          Qualifier: qualifier(id),
          ProvisionedConcurrentExecutions,
        });
      },
    };
  }

  /** Publishes the next version. */
  public publish(version: SimulatedVersion): string {
    this.published++;
    this.versions.set(String(this.published), version);
    return String(this.published);
  }

  /** Share of the traffic of an alias that each version gets. */
  public shares(aliasName: string): Readonly<Record<string, number>> {
    const { FunctionVersion, RoutingConfig } = this.settled(aliasName)!;
    const weights = RoutingConfig?.AdditionalVersionWeights ?? {};
    const given = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    return { [FunctionVersion]: 1 - given, ...weights };
  }

  /** Calls through an alias, now. */
  public call(aliasName: string, payload: unknown): Invocation & { readonly version: string } {
    const { FunctionVersion, RoutingConfig } = this.settled(aliasName)!;
    const [extra] = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {});
    const version = extra !== undefined && this.random() < extra[1] ? extra[0] : FunctionVersion;
    const invocation = this.versions.get(version)!.invoke(payload, this.random);
    this.count(version, invocation, aliasName, extra !== undefined);
    return { ...invocation, version };
  }

  private count(version: string, { milliseconds, error, embedded }: Invocation, alias?: string, split = false): void {
    const FunctionName = this.functionName;
    const Resource = `${FunctionName}:${alias ?? version}`;
    const sets: Record<string, string>[] = [{ FunctionName }, { FunctionName, Resource }];
    if (split) {
      sets.push({ FunctionName, Resource, ExecutedVersion: version });
    }
    for (const set of sets) {
      this.metrics.publish('AWS/Lambda', 'Invocations', set, 1);
      this.metrics.publish('AWS/Lambda', 'Errors', set, error === undefined ? 0 : 1);
      this.metrics.publish('AWS/Lambda', 'Duration', set, milliseconds);
    }
    for (const [name, value] of Object.entries(embedded ?? {})) {
      this.metrics.publish('InferencePatterns', name, { FunctionName }, value);
      this.metrics.publish('InferencePatterns', name, { FunctionName, FunctionVersion: version }, value);
    }
  }

  private createAlias({ FunctionName, Name, FunctionVersion, Description, RoutingConfig }: Values): Values {
    this.exists(FunctionName);
    const name = String(Name);
    if (/^[0-9]+$/.test(name)) {
      throw new Refusal('InvalidParameterValueException', `${name} is no name of an alias: it has digits alone`);
    }
    if (this.aliases.has(name)) {
      throw new Refusal('ResourceConflictException', `Alias already exists: ${this.arn(name)}`);
    }
    const alias = this.checked({ Name: name, FunctionVersion, Description, RoutingConfig });
    this.aliases.set(name, alias);
    return this.described(alias);
  }

  private updateAlias({ FunctionName, Name, RevisionId, FunctionVersion, Description, RoutingConfig }: Values): Values {
    const before = this.alias(FunctionName, String(Name));
    if (RevisionId !== undefined && RevisionId !== before.RevisionId) {
      throw new Refusal(
        'PreconditionFailedException',
        'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
      );
    }
    const after = this.checked({
      Name: before.Name,
      FunctionVersion: FunctionVersion ?? before.FunctionVersion,
      Description: Description ?? before.Description,
      RoutingConfig: RoutingConfig ?? before.RoutingConfig,
    });
    if (this.provisioned.has(before.Name) && after.FunctionVersion !== before.FunctionVersion) {
      // The environments of the alias move to its new version, which has no traffic before they are ready.
      if (after.RoutingConfig !== undefined) {
        throw new Refusal('InvalidParameterValueException', 'Invalid alias configuration for Provisioned Concurrency');
      }
      const held = {
        ...after,
        RoutingConfig: { AdditionalVersionWeights: { [before.FunctionVersion]: 1 } },
        movesAt: this.clock.now() + this.provisioned.seconds * 1000,
      };
      this.aliases.set(before.Name, held);
      return this.described(held);
    }
    this.aliases.set(before.Name, after);
    return this.described(after);
  }

  /** An alias as it would be, unless its versions do not go together. */
  private checked(asked: Values): Alias {
    const { Name, FunctionVersion, Description, RoutingConfig } = asked as unknown as Alias;
    const refuse = (message: string): never => {
      throw new Refusal('InvalidParameterValueException', message);
    };
    const main = this.version(FunctionVersion);
    const weights = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {});
    if (weights.length > 1) {
      refuse('Alias can only be routed to one additional version');
    }
    for (const [version, weight] of weights) {
      const extra = this.version(version);
      if (!(weight >= 0 && weight <= 1)) {
        refuse(`Weight ${weight} of version ${version} is not between 0.0 and 1.0`);
      }
      if (version === LATEST || FunctionVersion === LATEST) {
        refuse(`${LATEST} is not supported for an alias pointing to more than 1 version`);
      }
      if (version === FunctionVersion) {
        refuse(`Version ${version} is the function version of the alias already`);
      }
      if (extra?.role !== main?.role) {
        refuse('Specified versions must be associated with the same execution role');
      }
      if (extra?.deadLetters !== main?.deadLetters) {
        refuse('Specified versions must have the same dead-letter queue configuration');
      }
    }
    this.revisions++;
    return {
      Name,
      FunctionVersion,
      Description: Description ?? '',
      RoutingConfig: weights.length === 0 ? undefined : RoutingConfig,
      RevisionId: `00000000-0000-4000-8000-${String(this.revisions).padStart(12, '0')}`,
    };
  }

  private deleteAlias({ FunctionName, Name }: Values): Values {
    this.exists(FunctionName);
    this.aliases.delete(String(Name));
    this.provisioned.delete(String(Name));
    return {};
  }

  private listVersions({ FunctionName, Marker, MaxItems }: Values): Values {
    this.exists(FunctionName);
    const all = [LATEST, ...this.versions.keys()];
    const from = Number(Marker ?? 0);
    const to = from + Math.min(Number(MaxItems ?? PAGE), PAGE);
    return {
      Versions: all.slice(from, to).map((Version) => ({
        FunctionName: this.functionName,
        FunctionArn: this.arn(Version),
        Version,
      })),
      ...(to < all.length ? { NextMarker: String(to) } : {}),
    };
  }

  private deleteFunction({ FunctionName, Qualifier }: Values): Values {
    this.exists(FunctionName);
    if (Qualifier === undefined || Qualifier === '') {
      this.deleted = true;
      return {};
    }
    const version = Qualifier as string;
    if (version === LATEST) {
      throw new Refusal(
        'InvalidParameterValueException',
        `${LATEST} version cannot be deleted without deleting the function.`,
      );
    }
    const users = [...this.aliases.values()].filter(
      ({ FunctionVersion, RoutingConfig }) =>
        FunctionVersion === version || version in (RoutingConfig?.AdditionalVersionWeights ?? {}),
    );
    if (users.length > 0) {
      throw new Refusal(
        'ResourceConflictException',
        `Unable to delete version because the following aliases reference it: [${users.map(({ Name }) => Name).join(', ')}]`,
      );
    }
    this.versions.delete(version);
    return {};
  }

  private putProvisioned(input: Values): Values {
    const qualifier = this.qualifier(input);
    const refuse = (message: string): never => {
      throw new Refusal('InvalidParameterValueException', message);
    };
    if (qualifier === LATEST) {
      refuse('Provisioned Concurrency Configs cannot be applied to unpublished function versions.');
    }
    const alias = this.aliases.get(qualifier);
    if (alias?.RoutingConfig !== undefined) {
      refuse('Alias with weights can not be used with Provisioned Concurrency');
    }
    if (alias !== undefined && this.provisioned.has(alias.FunctionVersion)) {
      refuse("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version");
    }
    const over = [...this.aliases.values()].find(
      ({ Name, FunctionVersion }) => FunctionVersion === qualifier && this.provisioned.has(Name),
    );
    if (over !== undefined) {
      refuse('Version is pointed to by a Provisioned Concurrency alias');
    }
    return this.provisioned.put(qualifier, Number(input.ProvisionedConcurrentExecutions));
  }

  private deleteProvisioned(input: Values): Values {
    this.provisioned.delete(this.qualifier(input));
    return {};
  }

  private invoke({ FunctionName, Qualifier, Payload }: Values): Values {
    const named = /^(?:.*:function:)?[^:]+:([^:]+)$/.exec(String(FunctionName))?.[1] ?? Qualifier ?? LATEST;
    const qualifier = this.qualifier({ FunctionName, Qualifier: named });
    const payload = JSON.parse(Payload === undefined || Payload === '' ? 'null' : (Payload as string)) as unknown;
    let invocation: Invocation & { readonly version: string };
    if (this.aliases.has(qualifier)) {
      invocation = this.call(qualifier, payload);
    } else {
      invocation = { ...this.version(qualifier)!.invoke(payload, this.random), version: qualifier };
      this.count(qualifier, invocation);
    }
    const { error, answer, version } = invocation;
    return {
      ExecutedVersion: version,
      ...(error === undefined ? {} : { FunctionError: 'Unhandled' }),
      Payload: JSON.stringify(error === undefined ? (answer ?? null) : { errorMessage: error }),
    };
  }

  private described({ movesAt: _, RoutingConfig, ...alias }: Alias): Values {
    return { ...alias, ...(RoutingConfig === undefined ? {} : { RoutingConfig }), AliasArn: this.arn(alias.Name) };
  }

  /** An alias as it is by now. */
  private settled(name: string): Alias | undefined {
    const alias = this.aliases.get(name);
    if (alias?.movesAt === undefined || this.clock.now() < alias.movesAt) {
      return alias;
    }
    const { movesAt: _, RoutingConfig: __, ...moved } = alias;
    if (this.versions.get(alias.FunctionVersion)?.broken === undefined) {
      this.aliases.set(name, moved);
    }
    return this.aliases.get(name);
  }

  private alias(functionName: unknown, name: string): Alias {
    this.exists(functionName);
    const alias = this.settled(name);
    if (alias === undefined) {
      throw new Refusal('ResourceNotFoundException', `Cannot find alias arn: ${this.arn(name)}`);
    }
    return alias;
  }

  private version(version: string): SimulatedVersion | undefined {
    const known = this.versions.get(version);
    if (known === undefined && version !== LATEST) {
      throw new Refusal('ResourceNotFoundException', `Function not found: ${this.arn(version)}`);
    }
    return known;
  }

  /** The version or alias that is asked for, if there is one. */
  private qualifier({ FunctionName, Qualifier }: Values): string {
    this.exists(FunctionName);
    const qualifier = String(Qualifier);
    if (!this.aliases.has(qualifier)) {
      this.version(qualifier);
    }
    return qualifier;
  }

  private exists(functionName: unknown): void {
    const name = String(functionName)
      .replace(/^arn:.*:function:/, '')
      .replace(/:.*$/, '');
    if (this.deleted || name !== this.functionName) {
      throw new Refusal('ResourceNotFoundException', `Function not found: ${ACCOUNT}${name}`);
    }
  }

  private arn(qualifier: string): string {
    return `${ACCOUNT}${this.functionName}:${qualifier}`;
  }
}
