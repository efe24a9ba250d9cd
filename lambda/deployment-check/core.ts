/** What SageMaker says of an endpoint. */
export interface EndpointState {
  readonly status: string;
  readonly configName: string;
  readonly failureReason?: string;
  /** Instances that each variant has or is on its way to. */
  readonly instances?: Readonly<Record<string, number>>;
}

/** An alarm that went off. */
export interface AlarmTransition {
  readonly alarmName: string;
  readonly at: Date;
  readonly reason: string;
}

/** In these the endpoint is on its way to another. */
const UNDECIDED = new Set(['Creating', 'Updating', 'SystemUpdating', 'RollingBack']);

export function isUndecided({ status }: EndpointState): boolean {
  return UNDECIDED.has(status);
}

/** The variants that have fewer instances than they should. One that is only about to come has none to raise. */
export function variantsBelow(
  { instances = {} }: EndpointState,
  floors: readonly { readonly VariantName: string; readonly InstanceCount: string }[],
): { readonly variantName: string; readonly instances: number }[] {
  return floors
    .map(({ VariantName, InstanceCount }) => ({ variantName: VariantName, instances: Number(InstanceCount) }))
    .filter(({ variantName, instances: floor }) => variantName in instances && instances[variantName] < floor);
}

/** Whether a deployment has become what the stack asked for. */
export function isAsAsked(desired: string, { status, configName }: EndpointState): boolean {
  return status === 'InService' && configName === desired;
}

/** What the rollback alarms have done. */
export interface AlarmHistory {
  readonly wentOff: readonly AlarmTransition[];
  /** Names of those of which nothing could be found out. */
  readonly unread: readonly string[];
}

/**
 * Why a deployment has not become what the stack asked for. SageMaker rolls an endpoint back to its old configuration and
 * calls it in service again, which looks like success.
 */
export function explainMismatch(
  endpointName: string,
  desired: string,
  state: EndpointState,
  { wentOff, unread }: AlarmHistory,
): string {
  const seen =
    state.status === 'InService'
      ? `was rolled back by SageMaker: it serves with the configuration ${state.configName}, and this deployment asked for ${desired}`
      : `is ${state.status} with the configuration ${state.configName}, and this deployment asked for ${desired}`;
  const newestFirst = [...wentOff].sort((one, other) => other.at.getTime() - one.at.getTime());
  const alarms = newestFirst.map(
    ({ alarmName, at, reason }) => `alarm ${alarmName} at ${at.toISOString()} (${reason})`,
  );
  const because = [
    ...(state.failureReason === undefined || state.failureReason === '' ? [] : [state.failureReason]),
    ...(alarms.length > 0 ? [`went off: ${alarms.join('; ')}`] : []),
    ...(unread.length > 0 ? [`what these alarms did could not be read: ${unread.join(', ')}`] : []),
  ];
  return `the endpoint ${endpointName} ${seen}. ${
    because.length > 0 ? because.join('. ') : 'No rollback alarm went off: look at the logs of the new containers'
  }`;
}
