import type { Values } from './client-schema';
import type { SimulatedClock } from './clock';
import { Refusal } from './loopback-services';

interface Amount {
  readonly requested: number;
  /** Ready before the last request. */
  readonly before: number;
  readonly since: number;
}

/** Environments that are ready before a request comes, by what they belong to: a version or an alias of one function. */
export class ProvisionedEnvironments {
  private readonly amounts = new Map<string, Amount>();
  /** How long it takes until they are ready. */
  public seconds = 120;

  constructor(
    private readonly clock: SimulatedClock,
    /** Why environments of a version cannot start; undefined where they can. */
    private readonly broken: (qualifier: string) => string | undefined,
  ) {}

  public get qualifiers(): string[] {
    return [...this.amounts.keys()];
  }

  public has(qualifier: string): boolean {
    return this.amounts.has(qualifier);
  }

  /** Environments that answer now. */
  public ready(qualifier: string): number {
    const amount = this.amounts.get(qualifier);
    if (amount === undefined) {
      return 0;
    }
    return this.status(qualifier, amount) === 'READY' ? amount.requested : amount.before;
  }

  public put(qualifier: string, requested: number): Values {
    if (!(requested >= 1)) {
      throw new Refusal(
        'InvalidParameterValueException',
        `ProvisionedConcurrentExecutions is ${requested}, at least 1`,
      );
    }
    this.amounts.set(qualifier, { requested, before: this.ready(qualifier), since: this.clock.now() });
    return this.get(qualifier);
  }

  public get(qualifier: string): Values {
    const amount = this.amounts.get(qualifier);
    if (amount === undefined) {
      throw new Refusal(
        'ProvisionedConcurrencyConfigNotFoundException',
        'No Provisioned Concurrency Config found for this function',
      );
    }
    const status = this.status(qualifier, amount);
    return {
      RequestedProvisionedConcurrentExecutions: amount.requested,
      AllocatedProvisionedConcurrentExecutions: this.ready(qualifier),
      AvailableProvisionedConcurrentExecutions: this.ready(qualifier),
      Status: status,
      ...(status === 'FAILED' ? { StatusReason: this.broken(qualifier) } : {}),
      LastModified: new Date(amount.since).toISOString(),
    };
  }

  public delete(qualifier: string): void {
    this.amounts.delete(qualifier);
  }

  private status(qualifier: string, { requested, before, since }: Amount): 'IN_PROGRESS' | 'READY' | 'FAILED' {
    if (requested <= before) {
      return 'READY';
    }
    return this.clock.now() < since + this.seconds * 1000
      ? 'IN_PROGRESS'
      : this.broken(qualifier) === undefined
        ? 'READY'
        : 'FAILED';
  }
}
