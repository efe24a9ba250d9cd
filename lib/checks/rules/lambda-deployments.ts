import { ALARMS_PER_GROUP, LAMBDA_SHIFT_MINUTES, linearShares } from '../bounds/code-deploy';
import type { ResolvedResource } from '../template/resolved-template';
import { at, has, isMissing, listAt, numberAt, Reference, type Resolved, textAt } from '../template/resolved-value';
import { ALIAS, shiftOf } from './called-function';
import { perResource, type Rule, type RuleDefinition } from './rule';
import { ALARM, watchedBy } from './watched-metric';

const GROUP = 'AWS::CodeDeploy::DeploymentGroup';
const CONFIG = 'AWS::CodeDeploy::DeploymentConfig';
const APPLICATION = 'AWS::CodeDeploy::Application';
const ROLLBACK =
  'https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html#deployments-rollback-and-redeploy-automatic-rollbacks';
const OPTIONS =
  'https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-groups-configure-advanced-options.html';
const CONFIGS = 'https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html';
const LIMITS = 'https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html';
const ALARM_PROPERTY = 'https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_Alarm.html';
const UPDATE_POLICY =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html';
const CONFIG_RESOURCE =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codedeploy-deploymentconfig.html';

/** Configurations that CodeDeploy brings along for functions, with the minutes from the first shift to the last. */
const PREDEFINED: ReadonlyMap<string, number> = new Map([
  ['CodeDeployDefault.LambdaAllAtOnce', 0],
  ...[5, 10, 15, 30].map((minutes) => [`CodeDeployDefault.LambdaCanary10Percent${minutes}Minutes`, minutes] as const),
  ...[1, 2, 3, 10].map(
    (minutes) =>
      [
        `CodeDeployDefault.LambdaLinear10PercentEvery${minutes}Minute${minutes === 1 ? '' : 's'}`,
        linearMinutes(10, minutes),
      ] as const,
  ),
]);

const isOff = (value: Resolved, ...path: readonly string[]): boolean =>
  ['false', false].includes(at(value, ...path) as string);
const isOn = (value: Resolved, ...path: readonly string[]): boolean =>
  ['true', true].includes(at(value, ...path) as string);
const alarmsOf = ({ properties }: ResolvedResource): readonly Resolved[] =>
  listAt(properties, 'AlarmConfiguration', 'Alarms');

function linearMinutes(percent: number, everyMinutes: number): number {
  return (linearShares(percent).length - 1) * everyMinutes;
}

/** Minutes from the first shift of traffic to the last, where they are known. */
function shiftMinutes(routing: Resolved): number | undefined {
  switch (textAt(routing, 'Type')) {
    case 'AllAtOnce':
      return 0;
    case 'TimeBasedCanary':
      return numberAt(routing, 'TimeBasedCanary', 'CanaryInterval');
    case 'TimeBasedLinear': {
      const percent = numberAt(routing, 'TimeBasedLinear', 'LinearPercentage');
      const every = numberAt(routing, 'TimeBasedLinear', 'LinearInterval');
      return percent === undefined || every === undefined || percent < 1 ? undefined : linearMinutes(percent, every);
    }
    default:
      return undefined;
  }
}

const configOf = (group: ResolvedResource): ResolvedResource | undefined =>
  group.template.referred(at(group.properties, 'DeploymentConfigName'), CONFIG);

function minutesOf(group: ResolvedResource): number | undefined {
  const config = configOf(group);
  return config === undefined
    ? PREDEFINED.get(textAt(group.properties, 'DeploymentConfigName') ?? '')
    : shiftMinutes(at(config.properties, 'TrafficRoutingConfig'));
}

/** The aliases that a group moves. */
function aliasesOf(group: ResolvedResource): readonly ResolvedResource[] {
  return group.template
    .everywhere(ALIAS)
    .filter((alias) => alias.template.referred(at(shiftOf(alias), 'DeploymentGroupName'), GROUP) === group);
}

const applicationOf = (group: ResolvedResource): ResolvedResource | undefined =>
  group.template.referred(at(group.properties, 'ApplicationName'), APPLICATION);

const platformOf = ({ properties }: ResolvedResource): string | undefined =>
  isMissing(properties, 'ComputePlatform') ? 'Server' : textAt(properties, 'ComputePlatform');

function movesFunctions(group: ResolvedResource): boolean {
  const application = applicationOf(group);
  return application === undefined ? aliasesOf(group).length > 0 : platformOf(application) === 'Lambda';
}

function perGroup(definition: RuleDefinition, faultOf: (group: ResolvedResource) => string | undefined): Rule {
  return perResource([GROUP], definition, (group) => (movesFunctions(group) ? faultOf(group) : undefined));
}

function rollsBackOnAlarm({ properties }: ResolvedResource): boolean {
  const events = at(properties, 'AutoRollbackConfiguration', 'Events');
  if (isOff(properties, 'AutoRollbackConfiguration', 'Enabled')) {
    return false;
  }
  return Array.isArray(events)
    ? (events as readonly Resolved[]).some((event) => event === 'DEPLOYMENT_STOP_ON_ALARM' || typeof event !== 'string')
    : !isMissing(properties, 'AutoRollbackConfiguration', 'Events');
}

/** Minutes that an alarm needs at least, from the first bad request on. */
function minutesToFire(alarm: ResolvedResource): number | undefined {
  const periods = watchedBy(alarm).map(({ period }) => period);
  const points = numberAt(alarm.properties, 'DatapointsToAlarm') ?? numberAt(alarm.properties, 'EvaluationPeriods');
  return points === undefined || periods.length === 0 || periods.some((period) => period === undefined)
    ? undefined
    : (Math.min(...(periods as number[])) * points) / 60;
}

/** How CodeDeploy moves an alias from one version of a function to the next. */
export const LAMBDA_DEPLOYMENT_RULES: readonly Rule[] = [
  perGroup(
    {
      id: 'codedeploy-no-rollback-on-alarm',
      severity: 'error',
      title: 'A shift of traffic that an alarm stops is rolled back',
      fix: 'set AutoRollbackConfiguration with Enabled true and DEPLOYMENT_STOP_ON_ALARM among its Events',
      see: ROLLBACK,
    },
    (group) =>
      alarmsOf(group).length > 0 && !rollsBackOnAlarm(group)
        ? 'AlarmConfiguration names alarms, and AutoRollbackConfiguration does not roll back on DEPLOYMENT_STOP_ON_ALARM: an alarm stops the shift halfway'
        : undefined,
  ),
  perGroup(
    {
      id: 'codedeploy-alarms-off',
      severity: 'error',
      title: 'The alarms of a deployment group are looked at',
      fix: 'set AlarmConfiguration.Enabled to true',
      see: OPTIONS,
    },
    (group) =>
      alarmsOf(group).length > 0 && isOff(group.properties, 'AlarmConfiguration', 'Enabled')
        ? 'AlarmConfiguration names alarms, and its Enabled is false'
        : undefined,
  ),
  perGroup(
    {
      id: 'codedeploy-alarms-unread',
      severity: 'warning',
      title: 'A shift of traffic does not go on while nobody knows the state of its alarms',
      fix: 'leave AlarmConfiguration.IgnorePollAlarmFailure out, or set it to false',
      see: OPTIONS,
    },
    (group) =>
      isOn(group.properties, 'AlarmConfiguration', 'IgnorePollAlarmFailure')
        ? 'IgnorePollAlarmFailure is true: the shift goes on when the alarms cannot be read'
        : undefined,
  ),
  perGroup(
    {
      id: 'codedeploy-no-alarm',
      severity: 'warning',
      title: 'A gradual shift of traffic is watched by an alarm',
      fix: 'name alarms in AlarmConfiguration, such as one on the errors of the new version',
      see: OPTIONS,
    },
    (group) => {
      const minutes = minutesOf(group);
      const alarms = at(group.properties, 'AlarmConfiguration', 'Alarms');
      return minutes !== undefined &&
        minutes > 0 &&
        (isMissing(group.properties, 'AlarmConfiguration', 'Alarms') || (Array.isArray(alarms) && alarms.length === 0))
        ? `traffic moves over ${minutes} minutes, and no alarm can stop it`
        : undefined;
    },
  ),
  perGroup(
    {
      id: 'codedeploy-all-at-once',
      severity: 'warning',
      title: 'Alarms have time to see a new version while it takes over',
      fix: 'use a canary or a linear DeploymentConfigName, or test the version in an AfterAllowTrafficHook',
      see: CONFIGS,
    },
    (group) =>
      minutesOf(group) === 0 &&
      alarmsOf(group).length > 0 &&
      !aliasesOf(group).some((alias) => has(shiftOf(alias), 'AfterAllowTrafficHook'))
        ? 'all traffic moves at once, so the deployment is over before an alarm can have seen the new version'
        : undefined,
  ),
  perGroup(
    {
      id: 'codedeploy-alarm-count',
      severity: 'error',
      title: `A deployment group watches at most ${ALARMS_PER_GROUP} alarms`,
      fix: 'combine some of them in one alarm on a metric-math expression',
      see: LIMITS,
    },
    (group) =>
      alarmsOf(group).length > ALARMS_PER_GROUP
        ? `AlarmConfiguration names ${alarmsOf(group).length} alarms, allowed are ${ALARMS_PER_GROUP}`
        : undefined,
  ),
  perGroup(
    {
      id: 'codedeploy-alarm-arn',
      severity: 'error',
      title: 'A deployment group knows its alarms by their names',
      fix: 'give the name of the alarm (Ref), not its ARN',
      see: ALARM_PROPERTY,
    },
    (group) => {
      const named = alarmsOf(group).map((alarm) => at(alarm, 'Name'));
      return named.some(
        (name) =>
          (name instanceof Reference && name.attribute === 'Arn') ||
          (typeof name === 'string' && name.startsWith('arn:')),
      )
        ? 'the Name of an alarm is an ARN, which is the name of no alarm'
        : undefined;
    },
  ),
  perGroup(
    {
      id: 'codedeploy-alarm-late',
      severity: 'warning',
      title: 'An alarm can go off while traffic still moves',
      fix: 'shorten Period or EvaluationPeriods of the alarm, or move traffic over a longer time',
      see: CONFIGS,
    },
    (group) => {
      const minutes = minutesOf(group);
      const late = alarmsOf(group)
        .map((alarm) => group.template.referred(at(alarm, 'Name'), ...ALARM))
        .find((alarm) => alarm !== undefined && (minutesToFire(alarm) ?? 0) > (minutes ?? Infinity));
      return late === undefined || minutes === 0
        ? undefined
        : `the alarm ${late.logicalId} needs ${minutesToFire(late)} minutes of bad requests, and after ${minutes} minutes all traffic has moved`;
    },
  ),
  perGroup(
    {
      id: 'codedeploy-config-unknown',
      severity: 'error',
      title:
        'A deployment configuration that CodeDeploy brings along is called by its exact name, and is one for functions',
      fix: 'use a name of the list, such as CodeDeployDefault.LambdaCanary10Percent5Minutes',
      see: CONFIGS,
    },
    (group) => {
      const name = textAt(group.properties, 'DeploymentConfigName');
      return name?.startsWith('CodeDeployDefault.') === true && !PREDEFINED.has(name)
        ? `CodeDeploy has no configuration '${name}' for functions`
        : undefined;
    },
  ),
  perGroup(
    {
      id: 'codedeploy-config-platform',
      severity: 'error',
      title: 'A deployment configuration is made for what the group deploys',
      fix: 'set ComputePlatform of the configuration to Lambda',
      see: CONFIGS,
    },
    (group) => {
      const config = configOf(group);
      const platform = config === undefined ? undefined : platformOf(config);
      return platform !== undefined && platform !== 'Lambda'
        ? `the group deploys functions, and its configuration ${config?.logicalId} is for the platform ${platform}`
        : undefined;
    },
  ),
  perResource(
    [ALIAS],
    {
      id: 'codedeploy-application-platform',
      severity: 'error',
      title: 'An alias is moved by an application for functions',
      fix: 'set ComputePlatform of the application to Lambda; without it, it is for servers',
      see: UPDATE_POLICY,
    },
    (alias) => {
      const application = alias.template.referred(at(shiftOf(alias), 'ApplicationName'), APPLICATION);
      const platform = application === undefined ? undefined : platformOf(application);
      return platform !== undefined && platform !== 'Lambda'
        ? `the application ${application?.logicalId} is for the platform ${platform}`
        : undefined;
    },
  ),
  perResource(
    [ALIAS],
    {
      id: 'codedeploy-group-of-other-application',
      severity: 'error',
      title: 'The deployment group of an alias belongs to its application',
      fix: 'give the application of the group as ApplicationName',
      see: UPDATE_POLICY,
    },
    (alias) => {
      const named = alias.template.referred(at(shiftOf(alias), 'ApplicationName'), APPLICATION);
      const group = alias.template.referred(at(shiftOf(alias), 'DeploymentGroupName'), GROUP);
      const owner = group === undefined ? undefined : applicationOf(group);
      return named !== undefined && owner !== undefined && named !== owner
        ? `ApplicationName is ${named.logicalId}, and the group ${group?.logicalId} belongs to ${owner.logicalId}`
        : undefined;
    },
  ),
  perGroup(
    {
      id: 'codedeploy-group-shared',
      severity: 'warning',
      title: 'A deployment group moves one alias',
      fix: 'make a deployment group for each alias',
      see: LIMITS,
    },
    (group) => {
      const aliases = aliasesOf(group);
      return aliases.length > 1 &&
        !aliases.some(({ dependsOn }) => aliases.some(({ logicalId }) => dependsOn.includes(logicalId)))
        ? `${aliases.map(({ logicalId }) => logicalId).join(' and ')} use it, and it runs one deployment at a time: an update of both fails`
        : undefined;
    },
  ),
  perResource(
    [CONFIG],
    {
      id: 'codedeploy-shift-too-long',
      severity: 'error',
      title: 'All traffic has moved after two days',
      fix: 'move more at a time, or wait less',
      see: LIMITS,
    },
    ({ properties }) => {
      const minutes = shiftMinutes(at(properties, 'TrafficRoutingConfig'));
      return minutes !== undefined && minutes > LAMBDA_SHIFT_MINUTES.max
        ? `the shift takes ${minutes} minutes, allowed are ${LAMBDA_SHIFT_MINUTES.max}`
        : undefined;
    },
  ),
  perResource(
    [CONFIG],
    {
      id: 'codedeploy-shift-kind',
      severity: 'error',
      title: 'A shift of traffic says how much moves, and when',
      fix: 'give TimeBasedCanary or TimeBasedLinear, whichever Type names',
      see: CONFIG_RESOURCE,
    },
    ({ properties }) => {
      const type = textAt(properties, 'TrafficRoutingConfig', 'Type');
      return (type === 'TimeBasedCanary' || type === 'TimeBasedLinear') &&
        isMissing(properties, 'TrafficRoutingConfig', type)
        ? `Type is ${type}, and TrafficRoutingConfig has no ${type}`
        : undefined;
    },
  ),
  perResource(
    [CONFIG],
    {
      id: 'codedeploy-config-fixed-name',
      severity: 'error',
      title: 'A deployment configuration is replaced by each change, so it has no name of its own',
      fix: 'leave DeploymentConfigName out',
      see: CONFIG_RESOURCE,
    },
    ({ properties }) =>
      textAt(properties, 'DeploymentConfigName') === undefined
        ? undefined
        : `DeploymentConfigName is '${textAt(properties, 'DeploymentConfigName')}': the next change fails, since that name is taken`,
  ),
];
