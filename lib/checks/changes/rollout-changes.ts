import { ENDPOINT } from '../rules/endpoints';
import { watchedBy } from '../rules/watched-metric';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, isMissing, isObject, listAt, Reference, type Resolved, textAt } from '../template/resolved-value';
import { type ChangeRule, differs, perChange, shown } from './change-rule';

const GUARDRAILS = 'https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html';
const UPDATE_POLICY =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html';
const ROLLBACK = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AutoRollbackConfig.html';
const ALIAS = 'AWS::Lambda::Alias';
const GROUP = 'AWS::CodeDeploy::DeploymentGroup';

type Kind = 'all at once' | 'canary' | 'linear' | 'rolling' | undefined;

/** How an endpoint would be updated; undefined where only the deployment knows. */
function kindOf({ properties }: ResolvedResource): Kind {
  const config = at(properties, 'DeploymentConfig');
  if (isObject(at(config, 'RollingUpdatePolicy'))) {
    return 'rolling';
  }
  if (isMissing(config, 'BlueGreenUpdatePolicy')) {
    return 'all at once';
  }
  const kinds: Readonly<Record<string, Kind>> = { ALL_AT_ONCE: 'all at once', CANARY: 'canary', LINEAR: 'linear' };
  return kinds[textAt(config, 'BlueGreenUpdatePolicy', 'TrafficRoutingConfiguration', 'Type') ?? ''];
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
      return old !== undefined &&
        now !== undefined &&
        old !== now &&
        differs(at(before.properties, 'EndpointConfigName'), at(after.properties, 'EndpointConfigName'))
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
      return differs(old, now) && versionsMove(before.template, after.template)
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
      if (!knowsAlarms(after)) {
        return undefined;
      }
      const now = new Set(alarmsOf(after).map(signature));
      const gone = alarmsOf(before).filter((alarm) => !now.has(signature(alarm)));
      return gone.length > 0 ? `${gone.map(named).join(', ')} is not watched any more` : undefined;
    },
  ),
];

/** Whether an alias moves to another version. */
function versionsMove(before: ResolvedTemplate, after: ResolvedTemplate): boolean {
  return before.ofType(ALIAS).some((alias) => {
    const now = after.resourceOf(alias.logicalId);
    return now !== undefined && differs(at(alias.properties, 'FunctionVersion'), at(now.properties, 'FunctionVersion'));
  });
}

const PATHS: Readonly<Record<string, readonly string[]>> = {
  [ENDPOINT]: ['DeploymentConfig', 'AutoRollbackConfiguration', 'Alarms'],
  [GROUP]: ['AlarmConfiguration', 'Alarms'],
};
const NAMES: Readonly<Record<string, string>> = { [ENDPOINT]: 'AlarmName', [GROUP]: 'Name' };

function alarmsOf({ type, properties }: ResolvedResource): readonly Resolved[] {
  return listAt(properties, ...PATHS[type]).map((alarm) => at(alarm, NAMES[type]));
}

function knowsAlarms({ type, properties }: ResolvedResource): boolean {
  return isMissing(properties, ...PATHS[type]) || Array.isArray(at(properties, ...PATHS[type]));
}

/** What an alarm watches: one that is renewed under another name still watches the same. */
function signature(alarm: Resolved): string {
  if (!(alarm instanceof Reference)) {
    return shown(alarm);
  }
  const metrics = watchedBy(alarm.resource).map(({ namespace, name, statistic }) => [namespace, name, statistic]);
  return metrics.length === 0 ? shown(alarm) : JSON.stringify(metrics.sort());
}

function named(alarm: Resolved): string {
  return alarm instanceof Reference ? alarm.resource.logicalId : shown(alarm);
}
