import type { ResolvedResource } from '../template/resolved-template';
import { at, Composed, has, listAt, mentions, numberAt, type Resolved, textAt } from '../template/resolved-value';
import { ALIAS, aliasesOf, calledFunction, FUNCTION, shiftOf, VERSION, versionsOf } from './called-function';
import { LAMBDA_DEPLOYMENT_RULES } from './lambda-deployments';
import { perResource, type Rule } from './rule';

const ROUTING = 'https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html';
const PROVISIONED = 'https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html';
const CONCURRENCY = 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html';
const VERSIONS = 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html';
const ALIASES = 'https://docs.aws.amazon.com/lambda/latest/dg/using-aliases.html';
const TARGET = 'https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html';
const TARGETS = ['AWS::ApplicationAutoScaling::ScalableTarget'];
const PROVISIONED_CONCURRENCY = 'lambda:function:ProvisionedConcurrency';

const keptReady = ({ properties }: ResolvedResource): Resolved => at(properties, 'ProvisionedConcurrencyConfig');
const isWeighted = ({ properties }: ResolvedResource): boolean =>
  listAt(properties, 'RoutingConfig', 'AdditionalVersionWeights').length > 0;

/** The text of a scaled resource's id, with stars for what is not known: `function:*:live`. */
function scaledId({ properties }: ResolvedResource): string | undefined {
  const id = at(properties, 'ResourceId');
  const parts: readonly unknown[] = id instanceof Composed ? id.parts : [id];
  return textAt(properties, 'ScalableDimension') === PROVISIONED_CONCURRENCY
    ? parts.map((part) => (typeof part === 'string' ? part : '*')).join('')
    : undefined;
}

/** The function whose alias a target scales, and the name of the alias: `function:<name>:<alias>`. */
function scaled(
  target: ResolvedResource,
): { readonly function: ResolvedResource; readonly alias: string | undefined } | undefined {
  const [, name, alias] = /^function:([^:]+)(?::([^:*]+))?$/.exec(scaledId(target) ?? '') ?? [];
  const id = at(target.properties, 'ResourceId');
  const called =
    name === '*' && id instanceof Composed
      ? calledFunction(id.parts[1], target.template)
      : calledFunction(name, target.template);
  return called === undefined || called.qualified ? undefined : { function: called.function, alias };
}

/** Values of a resource that name what it calls. */
function callsOf({ type, properties }: ResolvedResource): readonly Resolved[] {
  switch (type) {
    case 'AWS::Lambda::EventSourceMapping':
      return [at(properties, 'FunctionName')];
    case 'AWS::ApiGateway::Method':
      return [at(properties, 'Integration', 'Uri')];
    case 'AWS::ApiGatewayV2::Integration':
      return [at(properties, 'IntegrationUri')];
    case 'AWS::Lambda::Url':
      return has(properties, 'Qualifier') ? [] : [at(properties, 'TargetFunctionArn')];
    case 'AWS::SNS::Subscription':
      return textAt(properties, 'Protocol') === 'lambda' ? [at(properties, 'Endpoint')] : [];
    case 'AWS::Events::Rule':
      return listAt(properties, 'Targets').map((target) => at(target, 'Arn'));
    case 'AWS::Scheduler::Schedule':
      return [at(properties, 'Target', 'Arn')];
    case 'AWS::S3::Bucket':
      return listAt(properties, 'NotificationConfiguration', 'LambdaConfigurations').map((each) =>
        at(each, 'Function'),
      );
    default:
      return [];
  }
}

const CALLERS = [
  'AWS::Lambda::EventSourceMapping',
  'AWS::ApiGateway::Method',
  'AWS::ApiGatewayV2::Integration',
  'AWS::Lambda::Url',
  'AWS::SNS::Subscription',
  'AWS::Events::Rule',
  'AWS::Scheduler::Schedule',
  'AWS::S3::Bucket',
];

/** The environments that the aliases and versions of a function keep ready, as far as they are known. */
function provisionedOf(fn: ResolvedResource): number {
  return [...aliasesOf(fn), ...versionsOf(fn)]
    .map((each) => numberAt(keptReady(each), 'ProvisionedConcurrentExecutions') ?? 0)
    .reduce((sum, each) => sum + each, 0);
}

function isKept({ deletionPolicy, updateReplacePolicy }: ResolvedResource): boolean {
  return [deletionPolicy, updateReplacePolicy].some((policy) => policy?.startsWith('Retain') === true);
}

/** The version that an alias points to, where it is one of the app. */
function versionOf(alias: ResolvedResource): ResolvedResource | undefined {
  return alias.template.referred(at(alias.properties, 'FunctionVersion'), VERSION);
}

/** Aliases of functions, and what is kept ready for them. */
export const FUNCTION_RULES: readonly Rule[] = [
  ...LAMBDA_DEPLOYMENT_RULES,
  perResource(
    [ALIAS],
    {
      id: 'alias-latest-shared',
      severity: 'error',
      title: 'Traffic is divided between published versions',
      fix: 'point FunctionVersion to an AWS::Lambda::Version',
      see: ROUTING,
    },
    (alias) => {
      const points = textAt(alias.properties, 'FunctionVersion') === '$LATEST';
      const shares = listAt(alias.properties, 'RoutingConfig', 'AdditionalVersionWeights').some(
        (each) => textAt(each, 'FunctionVersion') === '$LATEST',
      );
      return (points && (has(shiftOf(alias)) || isWeighted(alias))) || shares
        ? 'the alias names $LATEST, which changes with each deployment and takes no share of the traffic'
        : undefined;
    },
  ),
  perResource(
    [ALIAS],
    {
      id: 'alias-weights-of-two-owners',
      severity: 'warning',
      title: 'Either CodeDeploy or the template weighs the versions of an alias',
      fix: 'leave RoutingConfig out, or remove CodeDeployLambdaAliasUpdate from UpdatePolicy',
      see: ROUTING,
    },
    (alias) =>
      isWeighted(alias) && has(shiftOf(alias))
        ? 'RoutingConfig has weights, and CodeDeploy moves the same weights at each deployment'
        : undefined,
  ),
  perResource(
    [ALIAS],
    {
      id: 'alias-weights-with-provisioned',
      severity: 'error',
      title: 'Concurrency is not provisioned while an alias has weights',
      fix: 'leave RoutingConfig out, or give each AWS::Lambda::Version its ProvisionedConcurrencyConfig',
      see: PROVISIONED,
    },
    (alias) =>
      isWeighted(alias) && has(keptReady(alias))
        ? 'RoutingConfig has weights, and Lambda refuses ProvisionedConcurrencyConfig on such an alias'
        : undefined,
  ),
  perResource(
    [ALIAS],
    {
      id: 'alias-provisioned-latest',
      severity: 'error',
      title: 'Concurrency is provisioned for a published version',
      fix: 'point FunctionVersion to an AWS::Lambda::Version',
      see: PROVISIONED,
    },
    (alias) =>
      textAt(alias.properties, 'FunctionVersion') === '$LATEST' && has(keptReady(alias))
        ? 'ProvisionedConcurrencyConfig is given, and the alias points to $LATEST, which is not published'
        : undefined,
  ),
  perResource(
    TARGETS,
    {
      id: 'alias-provisioned-and-scaled',
      severity: 'warning',
      title: 'Either scaling or the template says how much concurrency is provisioned',
      fix: 'leave ProvisionedConcurrencyConfig of the alias out, and set MinCapacity',
      see: PROVISIONED,
    },
    (target) => {
      const found = scaled(target);
      const alias =
        found === undefined
          ? undefined
          : aliasesOf(found.function).find(({ properties }) => textAt(properties, 'Name') === found.alias);
      return alias !== undefined && has(keptReady(alias))
        ? `the alias ${alias.logicalId} has ProvisionedConcurrencyConfig: each change of it undoes what scaling has reached`
        : undefined;
    },
  ),
  perResource(
    TARGETS,
    {
      id: 'alias-scaled-unknown',
      severity: 'error',
      title: 'A scaled alias is one that its function has',
      fix: 'give ResourceId as function:<name of the function>:<name of the alias>',
      see: TARGET,
    },
    (target) => {
      const found = scaled(target);
      if (found === undefined || /^\d+$/.test(found.alias ?? '')) {
        return undefined;
      }
      if (found.alias === undefined) {
        return 'ResourceId names a function and no alias of it';
      }
      const names = aliasesOf(found.function).map(({ properties }) => textAt(properties, 'Name'));
      return names.includes(found.alias) || names.includes(undefined)
        ? undefined
        : `the function ${found.function.logicalId} has no alias '${found.alias}'${names.length === 0 ? '' : `, but ${names.map((name) => `'${name}'`).join(', ')}`}`;
    },
  ),
  perResource(
    [ALIAS],
    {
      id: 'alias-version-not-kept',
      severity: 'warning',
      title: 'The version before the last is kept, so that there is one to go back to',
      fix: 'set DeletionPolicy and UpdateReplacePolicy of the version to Retain',
      see: VERSIONS,
    },
    (alias) => {
      const version = has(shiftOf(alias)) ? versionOf(alias) : undefined;
      return version === undefined || isKept(version)
        ? undefined
        : `${version.logicalId} is deleted by the update that publishes the next version: nothing is left to point the alias back to`;
    },
  ),
  perResource(
    [FUNCTION],
    {
      id: 'function-reserved-below-provisioned',
      severity: 'error',
      title: 'No more concurrency is provisioned than is reserved',
      fix: 'raise ReservedConcurrentExecutions, or provision less',
      see: CONCURRENCY,
    },
    (fn) => {
      const reserved = numberAt(fn.properties, 'ReservedConcurrentExecutions');
      return reserved !== undefined && provisionedOf(fn) > reserved
        ? `ReservedConcurrentExecutions is ${reserved}, and its aliases and versions provision ${provisionedOf(fn)}`
        : undefined;
    },
  ),
  perResource(
    CALLERS,
    {
      id: 'function-called-past-alias',
      severity: 'warning',
      title: 'Who calls a function that is deployed by an alias calls the alias',
      fix: 'give the ARN of the alias (Ref of the AWS::Lambda::Alias)',
      see: ALIASES,
    },
    (caller, template) => {
      const passed = callsOf(caller)
        .map((value) => calledFunction(value, template))
        .filter((called) => called !== undefined && !called.qualified)
        .map((called) => ({ fn: called!.function, alias: guardedAlias(called!.function, caller) }))
        .find(({ alias }) => alias !== undefined);
      return passed === undefined
        ? undefined
        : `it calls ${passed.fn.logicalId} itself, so it gets each new code at once, past the alias ${passed.alias?.logicalId}`;
    },
  ),
];

/** An alias whose traffic is moved with care, or which keeps environments ready, where the caller does not use it as well. */
function guardedAlias(fn: ResolvedResource, caller: ResolvedResource): ResolvedResource | undefined {
  return aliasesOf(fn).find(
    (alias) => (has(shiftOf(alias)) || has(keptReady(alias))) && !mentions(caller.properties, alias),
  );
}
