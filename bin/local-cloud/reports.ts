/** What the emulator tells of its inside. Times are seconds since the epoch. */

/** A row of the table of simulations that took part in a run. */
export interface ExercisedSimulation {
  readonly id: string;
  readonly what: string;
  readonly source: string;
  readonly test: string;
  readonly count: number;
}

/** One CodeDeploy deployment. Times are seconds since the epoch. */
export interface DeploymentReport {
  readonly id: string;
  readonly creator: 'CloudFormation' | 'CloudFormationRollback' | 'codeDeployRollback';
  readonly status: 'Created' | 'InProgress' | 'Succeeded' | 'Failed' | 'Stopped';
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly application: string;
  readonly group: string;
  readonly config: string;
  readonly function: string;
  readonly alias: string;
  readonly currentVersion: string;
  readonly targetVersion: string;
  readonly rollbackOf: string | null;
  readonly rolledBackBy: string | null;
  readonly created: number;
  readonly completed: number | null;
  /** Share of the traffic by version, each time it changed. */
  readonly weights: readonly { readonly at: number; readonly weights: Record<string, number> }[];
  readonly events: readonly { readonly name: string; readonly status: string; readonly message?: string }[];
}

/** An endpoint, with the processes of its containers. */
export interface EndpointReport {
  readonly name: string;
  readonly status: string;
  readonly config: string;
  readonly processes: readonly number[];
}

/** One update of an endpoint. Times are seconds since the epoch. */
export interface EndpointDeploymentReport {
  readonly endpoint: string;
  readonly from: string;
  readonly to: string;
  readonly status: 'InProgress' | 'Succeeded' | 'RolledBack';
  readonly reason: string | null;
  readonly begun: number;
  readonly ended: number | null;
  /** Share of the traffic on the new fleet, each time it changed. */
  readonly shares: readonly { readonly at: number; readonly share: number }[];
}

export interface AlarmReport {
  readonly alarms: readonly { readonly name: string; readonly state: string; readonly reason: string }[];
  readonly transitions: readonly {
    readonly alarm: string;
    readonly at: number;
    readonly from: string;
    readonly to: string;
    readonly reason: string;
  }[];
}

/** Event source mappings of Kinesis streams. */
export interface StreamMappingReport {
  readonly uuid: string;
  readonly source: string;
  readonly function: string;
  readonly state: 'Enabled' | 'Disabled';
  /** Records that were read and are neither done nor given up. */
  readonly waiting: number;
  /** Since the mapping was made, as in the metrics of `EventCount`; what never was is absent. */
  readonly events: Partial<
    Record<'Polled' | 'FilteredOut' | 'Invoked' | 'FailedInvoke' | 'Dropped' | 'OnFailureDestinationDelivered', number>
  >;
  /** `read` is the sequence number of the last record that was read. */
  readonly shards: readonly {
    readonly id: string;
    readonly read: string;
    readonly lanes: number;
    readonly finished: boolean;
  }[];
}

/** How often each goes wrong. */
export interface StreamFaults {
  /** Invocations of functions by mappings that are throttled. */
  readonly throttled?: number;
  /** Batches that the function gets twice. */
  readonly repeated?: number;
  /** Deliveries to a failure destination that fail. */
  readonly undelivered?: number;
  /** Records of PutRecord and PutRecords that are refused because of too much traffic. */
  readonly refusedPuts?: number;
  /** The stream whose mappings have the first three. @default every stream */
  readonly source?: string;
  /** The stream that refuses records. @default every stream */
  readonly sink?: string;
}
