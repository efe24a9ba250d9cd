/** What a staged rollout moves, and where the counts of its versions come from, as the construct tells the controller. Imports nothing. */

/** Of the one that the item's `target` names. */
export type TargetDescription = AliasDescription | VariantDescription;

interface TargetParts {
  /** Key of the item, and for people: `function:alias`, or the name of the endpoint. */
  readonly target: string;
  readonly requests: CountSource;
  /** For each metric of the judge, in its order. */
  readonly bad: readonly CountSource[];
  /** Names of the alarms that always roll back. */
  readonly alarms: readonly string[];
}

export interface AliasDescription extends TargetParts {
  readonly kind: 'lambda-alias';
  readonly functionName: string;
  readonly aliasName: string;
  /** Of each version that serves; the alias itself has none. Absent for none. */
  readonly provisioned?: ProvisionedEnvironments;
}

/** Environments of a function that are ready before a request comes. The controller scales them: they are of versions, which come and go. */
export interface ProvisionedEnvironments {
  readonly min: number;
  /** The same as `min` for a fixed number. */
  readonly max: number;
  /** Share of them that should be busy. */
  readonly targetUtilization: number;
  readonly scaleInCooldownSeconds?: number;
  /** Changes of `min` and `max` at given times. */
  readonly schedules: readonly ProvisionedSchedule[];
}

export interface ProvisionedSchedule {
  readonly name: string;
  /** As Application Auto Scaling writes it, such as `cron(0 22 * * ? *)`. */
  readonly schedule: string;
  readonly timeZone?: string;
  readonly min: number;
  readonly max: number;
}

export interface VariantDescription extends TargetParts {
  readonly kind: 'sagemaker-variant';
  readonly endpointName: string;
  /** They alternate: the candidate joins under the one that is free. */
  readonly variantNames: readonly [string, string];
  /** Absent for a fixed number of instances, which is that of each version's configuration. */
  readonly scaling?: VariantScaling;
}

/** Instances that follow their traffic. The controller scales them: which variant a version has is known to nobody else. */
export interface VariantScaling {
  readonly min: number;
  readonly max: number;
  /** The candidate is made ready as if the live version had so many, if it has fewer: for a rollout on a quiet night. */
  readonly floor?: number;
  readonly metric: 'invocationsPerInstance' | 'concurrentRequests' | 'gpuUtilization';
  /** Of the metric as the service publishes it: the utilisation of GPUs is the sum over all of an instance. */
  readonly target: number;
  readonly scaleInCooldownSeconds?: number;
  readonly scaleOutCooldownSeconds?: number;
  /** Changes of `min` and `max` at given times. */
  readonly schedules: readonly ProvisionedSchedule[];
}

/** A count of CloudWatch for one version and minute, summed over its parts; null when no part has data. */
export interface CountSource {
  readonly parts: readonly CountPart[];
}

export interface CountPart {
  readonly namespace: string;
  readonly metricName: string;
  /** `Sum`, or a trimmed count such as `TC(800:)` of what is above a threshold. */
  readonly statistic: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** The dimension whose value is the version (or the variant that it has), and which is not among the others. */
  readonly versionDimension: string;
  /** Taken away instead of added: what another part counts as well. */
  readonly negative?: boolean;
}

/** Of the name of an endpoint, so many characters begin the names of the configurations that the controller makes for it. */
export const OWN_NAME_CHARACTERS = 42;
