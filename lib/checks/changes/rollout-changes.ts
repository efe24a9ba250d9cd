import { ENDPOINT, endpointConfigOf } from '../rules/endpoints';
import { watchedBy } from '../rules/watched-metric';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, isMissing, isObject, listAt, Reference, type Resolved, textAt } from '../template/resolved-value';
import { type ChangeRule, perChange, sameIn } from './change-rule';
import { differs, isSame, shown } from './compared-values';
import { ALIAS } from './physical-names';

const GUARDRAILS = 'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html';
const UPDATE_POLICY =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html';
const ROLLBACK = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AutoRollbackConfig.html';
const GROUP = 'AWS::CodeDeploy::DeploymentGroup';

type Kind = 'all at once' | 'canary' | 'linear' | 'rolling' | undefined;

/** An alarm that rolls back: its name, or a reference to it. */
type Alarm = Reference | string;

const KINDS: ReadonlyMap<string | undefined, Kind> = new Map([
  ['ALL_AT_ONCE', 'all at once'],
  ['CANARY', 'canary'],
  ['LINEAR', 'linear'],
]);

/** How an endpoint is updated that says so; undefined where it does not, or only the deployment knows. */
function kindOf({ properties }: ResolvedResource): Kind {
  const config = at(properties, 'DeploymentConfig');
  if (!isMissing(config, 'RollingUpdatePolicy')) {
    return isObject(at(config, 'RollingUpdatePolicy')) ? 'rolling' : undefined;
  }
  if (isMissing(config, 'BlueGreenUpdatePolicy')) {
    return isObject(config) ? 'all at once' : undefined;
  }
  return KINDS.get(textAt(config, 'BlueGreenUpdatePolicy', 'TrafficRoutingConfiguration', 'Type'));
}

/** Whether an endpoint gets another configuration: a configuration never changes, it is replaced. */
function getsConfig(before: ResolvedResource, after: ResolvedResource): boolean {
  const [old, now] = [before, after].map(({ properties }) => at(properties, 'EndpointConfigName'));
  const [oldConfig, newConfig] = [before, after].map(endpointConfigOf);
  return differs(old, now) || differs(oldConfig?.properties, newConfig?.properties);
}

const codeDeployed = ({ updatePolicy }: ResolvedResource): Resolved => at(updatePolicy, 'CodeDeployLambdaAliasUpdate');

/** How new versions take over. */
export const ROLLOUT_CHANGES: readonly ChangeRule[] = [
  perChange(
    [ENDPOINT],
    {
      id: 'change-rollout-kind',
      severity: 'warning',
      title: 'The way in which an endpoint is updated changes on its own, not together with what it serves',
      fix: '1. deploy the new DeploymentConfig with the same EndpointConfigName; 2. deploy the new configuration',
      see: GUARDRAILS,
    },
    (before, after) => {
      const [old, now] = [kindOf(before), kindOf(after)];
      return old !== undefined && now !== undefined && old !== now && getsConfig(before, after)
        ? `updates change from ${old} to ${now} in the same deployment that brings a new configuration`
        : undefined;
    },
  ),
  perChange(
    [ENDPOINT],
    {
      id: 'change-endpoint-rollout-removed',
      severity: 'error',
      title: 'An endpoint whose updates are watched does not lose that',
      fix: '1. put DeploymentConfig back; 2. where it is not wanted any more, deploy that alone, and say so in the change',
      see: GUARDRAILS,
    },
    (before, after) =>
      isObject(at(before.properties, 'DeploymentConfig')) && isMissing(after.properties, 'DeploymentConfig')
        ? 'DeploymentConfig is gone: all traffic shifts at once, and nothing is rolled back'
        : undefined,
  ),
  perChange(
    [ALIAS],
    {
      id: 'change-alias-rollout-removed',
      severity: 'error',
      title: 'An alias whose traffic is shifted step by step does not lose that',
      fix: '1. put UpdatePolicy.CodeDeployLambdaAliasUpdate back; 2. where it is not wanted any more, deploy that alone, with the same FunctionVersion',
      see: UPDATE_POLICY,
    },
    (before, after) =>
      isObject(codeDeployed(before)) && isMissing(after.updatePolicy, 'CodeDeployLambdaAliasUpdate')
        ? 'CodeDeployLambdaAliasUpdate is gone: the next version gets all traffic at once, and nothing is rolled back'
        : undefined,
  ),
  perChange(
    [GROUP],
    {
      id: 'change-deployment-config',
      severity: 'warning',
      title: 'The steps of a rollout change on their own, not together with a new version',
      fix: '1. deploy the new DeploymentConfigName with the same version; 2. deploy the version',
      see: UPDATE_POLICY,
    },
    (before, after) => {
      const [old, now] = [before, after].map(({ properties }) => at(properties, 'DeploymentConfigName'));
      return differs(old, now) && versionMoves(before.template, after)
        ? `DeploymentConfigName changes from ${shown(old)} to ${shown(now)} in the same deployment that brings a new version`
        : undefined;
    },
  ),
  perChange(
    [ENDPOINT, GROUP],
    {
      id: 'change-rollback-alarm-removed',
      severity: 'error',
      title: 'What rolls a new version back does not get less',
      fix: '1. put the alarm back; 2. where another one watches the same, add that first, and remove this one in a later deployment',
      see: ROLLBACK,
    },
    (before, after) => {
      const now = alarmsOf(after);
      if (now === undefined || losesRollout(before, after)) {
        return undefined;
      }
      const others = without(now, alarmsOf(before) ?? [], nameOf);
      const gone = without(without(alarmsOf(before) ?? [], now, nameOf), others, metricsOf);
      return gone.length > 0 ? `${gone.map(named).join(', ')} is not watched any more` : undefined;
    },
  ),
];

/** Whether an alias moves to another version under a deployment group. */
function versionMoves(before: ResolvedTemplate, group: ResolvedResource): boolean {
  return before.ofType(ALIAS).some((old) => {
    const now = sameIn(group.template, old);
    return (
      now !== undefined &&
      (group.template.referred(at(codeDeployed(now), 'DeploymentGroupName')) ?? group) === group &&
      differs(at(old.properties, 'FunctionVersion'), at(now.properties, 'FunctionVersion'))
    );
  });
}

/** Where all of it is gone, another rule says so. */
function losesRollout(before: ResolvedResource, after: ResolvedResource): boolean {
  return before.type === ENDPOINT && isMissing(after.properties, 'DeploymentConfig');
}

/** What rolls an endpoint or the aliases of a deployment group back; undefined where only the deployment knows all of it. */
function alarmsOf({ type, properties }: ResolvedResource): readonly Alarm[] | undefined {
  const [path, name] =
    type === ENDPOINT
      ? [['DeploymentConfig', 'AutoRollbackConfiguration', 'Alarms'], 'AlarmName']
      : [['AlarmConfiguration', 'Alarms'], 'Name'];
  if (isMissing(properties, ...path) || isSame(at(properties, 'AlarmConfiguration', 'Enabled'), false)) {
    return [];
  }
  const alarms = listAt(properties, ...path).map((alarm) => at(alarm, name));
  return Array.isArray(at(properties, ...path)) && alarms.every(isNamed) ? alarms : undefined;
}

const isNamed = (alarm: Resolved): alarm is Alarm => alarm instanceof Reference || typeof alarm === 'string';

/** What is in a list beyond what another list has, each counted as often as it is there. */
function without(
  list: readonly Alarm[],
  other: readonly Alarm[],
  keyOf: (alarm: Alarm) => string | undefined,
): readonly Alarm[] {
  const keys = other.map(keyOf);
  return list.filter((alarm) => {
    const key = keyOf(alarm);
    const index = key === undefined ? -1 : keys.indexOf(key);
    return index < 0 || keys.splice(index, 1).length === 0;
  });
}

/** The name of an alarm where it is written out, else its logical id. */
function nameOf(alarm: Alarm): string {
  return alarm instanceof Reference
    ? (textAt(alarm.resource.properties, 'AlarmName') ?? `\${${alarm.resource.logicalId}}`)
    : alarm;
}

/** What an alarm watches: one that is renewed under another name still watches the same. */
function metricsOf(alarm: Alarm): string | undefined {
  const metrics = alarm instanceof Reference ? watchedBy(alarm.resource) : [];
  return metrics.length === 0
    ? undefined
    : metrics
        .map(({ namespace, name, statistic }) => JSON.stringify([namespace, name, statistic]))
        .sort()
        .join();
}

function named(alarm: Alarm): string {
  return alarm instanceof Reference ? alarm.resource.logicalId : `'${alarm}'`;
}
