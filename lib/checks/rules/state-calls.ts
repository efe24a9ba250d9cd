import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import {
  at,
  Composed,
  has,
  isMissing,
  isObject,
  mentions,
  numberAt,
  type Resolved,
  textAt,
  Unknown,
} from '../template/resolved-value';
import { definitionOf, type State, STATE_MACHINE } from '../template/state-machine-definition';
import { type ApiCall, callsOf, perCall } from './api-call';
import { actionExists, missingParameters, unknownParameters } from './api-shape';
import { calledFunction } from './called-function';
import { partlyKnown } from './partly-known';
import { mayDo, RESOURCE_POLICIES, ROLE } from './policy-statements';
import { perResource, type Rule } from './rule';
import { perState } from './state-language';

const SDK = 'https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html';
const PATTERNS = 'https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html';
const SAGEMAKER = 'https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html';
const TOKEN = 'https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html';
const TIMEOUTS = 'https://docs.aws.amazon.com/step-functions/latest/dg/sfn-stuck-execution.html';
const LAMBDA = 'https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html';
const PATHS = 'https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html';
const DISTRIBUTED = 'https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html';

/** Calls of SageMaker that Step Functions waits for. */
const JOBS = /^create(Transform|Training|Processing|HyperParameterTuning|Labeling)Job$/;

/** Parameters that take a path as text, since their service follows it. */
const FOLLOWED = /filter|path|expression|query|pattern/i;

/** Whether Step Functions waits for what a call starts, or only for its answer. */
function waitFault({ service, action, sdk, pattern }: ApiCall): string | undefined {
  if (pattern === 'sync' && sdk) {
    return `aws-sdk:${service}:${action} is called with .sync, and an integration of the SDK ends with its answer`;
  }
  if (service !== 'sagemaker' || sdk || pattern === undefined) {
    return undefined;
  }
  return pattern === 'waitForTaskToken' || !JOBS.test(action)
    ? `sagemaker:${action} is called with .${pattern}, which it does not have`
    : undefined;
}

/** Whether what a task gives holds its token; undefined where that is not known. */
function passesToken(value: Resolved): boolean | undefined {
  if (typeof value === 'string' || value instanceof Composed) {
    const passed = /^\$\$(\.Task)?$|\$\$\.Task\.Token|states\.context/.test(partlyKnown(value)!);
    return passed || typeof value === 'string' || !value.parts.some((part) => part instanceof Unknown)
      ? passed
      : undefined;
  }
  if (Array.isArray(value) || isObject(value)) {
    const inner = Object.values(value as object).map((each) => passesToken(each as Resolved));
    return inner.includes(true) ? true : inner.includes(undefined) ? undefined : false;
  }
  return value instanceof Unknown ? undefined : false;
}

function isTimed(state: State, machine: Resolved): boolean {
  return (
    ['TimeoutSeconds', 'TimeoutSecondsPath', 'HeartbeatSeconds', 'HeartbeatSecondsPath'].some((limit) =>
      has(state.body, limit),
    ) || has(machine, 'TimeoutSeconds')
  );
}

/** Paths that are given as text: they arrive as they are written. */
function pathsAsText(value: Resolved, at = ''): readonly string[] {
  if (Array.isArray(value)) {
    return (value as readonly Resolved[]).flatMap((item) => pathsAsText(item, at));
  }
  if (isObject(value)) {
    return Object.entries(value).flatMap(([member, item]) =>
      member.endsWith('.$') || FOLLOWED.test(member) ? [] : pathsAsText(item, at === '' ? member : `${at}.${member}`),
    );
  }
  return typeof value === 'string' && /^(\$\.[A-Za-z_]|\$\$\.[A-Z]|States\.[A-Z]\w+\()/.test(value) ? [at] : [];
}

/** Whether a function, a queue or a topic lets a role in by itself. */
const isLetIn = (role: ResolvedResource, template: ResolvedTemplate): boolean =>
  template
    .everywhere('AWS::Lambda::Permission', ...RESOURCE_POLICIES)
    .some(({ properties }) => mentions(properties, role));

/** What a role must be allowed for a call. */
function neededFor({ service, action, sdk, pattern }: ApiCall): readonly string[] {
  const name = action.charAt(0).toUpperCase() + action.slice(1);
  switch (service) {
    case 'lambda':
      return action === 'invoke' ? ['lambda:InvokeFunction'] : [];
    case 'sagemakerruntime':
      return [`sagemaker:${name}`];
    case 'sqs':
    case 'sns':
      // What is sent in a batch is allowed like what is sent alone.
      return [`${service}:${name.replace(/Batch$/, '')}`];
    case 'states':
      return [`states:${name}`];
    case 'sagemaker':
      // To wait for a job is to look at it, to stop it with the execution, and to mark it.
      return pattern === 'sync' && !sdk
        ? [`sagemaker:${name}`, `sagemaker:${name.replace('Create', 'Describe')}`, 'sagemaker:AddTags']
        : [`sagemaker:${name}`];
    default:
      return [];
  }
}

/** Whether nothing is done where a state fails: by itself, or by a Map or Parallel around it. */
const isUnguarded = ({ body, within }: State): boolean =>
  [body, ...within.map((outer) => outer.body)].every((each) => isMissing(each, 'Retry') && isMissing(each, 'Catch'));

/** Whether a Map certainly works on several items at a time. */
const isSideBySide = ({ type, body }: State): boolean =>
  type === 'Map' &&
  (numberAt(body, 'MaxConcurrency') ??
    (isMissing(body, 'MaxConcurrency') && isMissing(body, 'MaxConcurrencyPath') ? 0 : 1)) !== 1;

function isFunctionTask(call: ApiCall | undefined, state: State, template: ResolvedTemplate): boolean {
  const resource = at(state.body, 'Resource');
  return (
    state.type === 'Task' &&
    ((call?.service === 'lambda' && call.action === 'invoke') ||
      calledFunction(resource, template) !== undefined ||
      /^arn:[^:]+:lambda:/.test(partlyKnown(resource) ?? ''))
  );
}

/** What state machines and schedules call. */
export const STATE_CALL_RULES: readonly Rule[] = [
  perCall(
    {
      id: 'states-unknown-action',
      severity: 'error',
      title: 'What is called is an action of its service',
      fix: 'write Resource as arn:aws:states:::aws-sdk:service:action, the action beginning with a small letter',
      see: SDK,
    },
    (call) => (actionExists(call) === false ? `${call.service} has no action '${call.action}'` : undefined),
  ),
  perCall(
    {
      id: 'states-unknown-parameter',
      severity: 'error',
      title: 'An action takes the parameters that it is given',
      fix: 'correct the name; parameters begin with a capital letter, also where the API has a small one',
      see: SDK,
    },
    (call) =>
      unknownParameters(call).map((member) => ({
        message: `${call.service}:${call.action} does not take '${member}'`,
      })),
  ),
  perCall(
    {
      id: 'states-missing-parameter',
      severity: 'error',
      title: 'An action is given what it needs',
      fix: 'add the parameter, or its path with .$ behind the name',
      see: SDK,
    },
    (call) =>
      missingParameters(call).map((member) => ({ message: `${call.service}:${call.action} needs '${member}'` })),
  ),
  perCall(
    {
      id: 'states-cannot-wait',
      severity: 'error',
      title: 'Step Functions waits for what it can wait for',
      fix: 'call one of the jobs of SageMaker without aws-sdk, or look at its state by a Wait and a Choice',
      see: PATTERNS,
    },
    waitFault,
  ),
  perCall(
    {
      id: 'states-token-not-given',
      severity: 'error',
      title: 'Who is waited for is given the token',
      fix: 'pass $$.Task.Token in Parameters, or $states.context.Task.Token in Arguments',
      see: TOKEN,
    },
    ({ pattern, written }) =>
      pattern === 'waitForTaskToken' && passesToken(written) === false
        ? 'it waits for its token, and gives it to nobody'
        : undefined,
  ),
  perCall(
    {
      id: 'states-waits-for-ever',
      severity: 'warning',
      title: 'A token has a time by which it must come back',
      fix: 'set TimeoutSeconds on the task or on the state machine, or HeartbeatSeconds on the task',
      see: TIMEOUTS,
    },
    ({ resource, state, pattern }) =>
      state !== undefined && pattern === 'waitForTaskToken' && !isTimed(state, definitionOf(resource)?.body)
        ? 'it waits for its token, and no TimeoutSeconds ends that before a year is over'
        : undefined,
  ),
  perState(
    {
      id: 'states-function-without-retry',
      severity: 'warning',
      title: 'A function is called again when Lambda itself fails',
      fix: 'add Retry for Lambda.ServiceException, Lambda.AWSLambdaException, Lambda.SdkClientException and Lambda.TooManyRequestsException',
      see: LAMBDA,
    },
    (state, machine) => {
      const call = callsOf(machine).find((each) => each.state === state);
      return isFunctionTask(call, state, machine.template) && isUnguarded(state)
        ? 'it calls a function, and has neither Retry nor Catch'
        : undefined;
    },
  ),
  perCall(
    {
      id: 'states-jobs-without-retry',
      severity: 'warning',
      title: 'Jobs that are started side by side are started again when there are too many',
      fix: 'add Retry for SageMaker.AmazonSageMakerException and SageMaker.ResourceLimitExceededException',
      see: SAGEMAKER,
    },
    ({ service, action, state }) =>
      service === 'sagemaker' && JOBS.test(action) && state?.within.some(isSideBySide) === true && isUnguarded(state)
        ? `${action} is called for each item of a Map, and the first that is throttled or over a quota fails them all`
        : undefined,
  ),
  perCall(
    {
      id: 'states-path-as-text',
      severity: 'warning',
      title: 'A path has a name that ends in .$',
      fix: 'write .$ behind the name of the parameter',
      see: PATHS,
    },
    ({ state, written }) =>
      state === undefined || state.jsonata
        ? undefined
        : pathsAsText(written).map((member) => ({ message: `'${member}' is a path and is passed on as text` })),
  ),
  perResource(
    [STATE_MACHINE],
    {
      id: 'states-role-permissions',
      severity: 'error',
      title: 'The role of a state machine may do what its states do',
      fix: 'allow it, for the resource that is called',
      see: SAGEMAKER,
    },
    (machine, template) => {
      const role = template.referred(at(machine.properties, 'RoleArn'), ROLE);
      const needed = new Set(
        callsOf(machine)
          .filter(({ state }) => isMissing(state?.body, 'Credentials'))
          .flatMap(neededFor),
      );
      const lost = [...needed].filter(
        (action) => role !== undefined && mayDo(role, action, template) === false && !isLetIn(role, template),
      );
      return lost.map((action) => ({ message: `nothing allows the role '${role!.logicalId}' ${action}` }));
    },
  ),
  perResource(
    [STATE_MACHINE],
    {
      id: 'states-distributed-permissions',
      severity: 'error',
      title: 'A state machine with a distributed Map may start itself',
      fix: 'allow its role states:StartExecution on the state machine',
      see: DISTRIBUTED,
    },
    (machine, template) => {
      const role = template.referred(at(machine.properties, 'RoleArn'), ROLE);
      const map = definitionOf(machine)?.states.find(
        ({ body }) => textAt(body, 'ItemProcessor', 'ProcessorConfig', 'Mode') === 'DISTRIBUTED',
      );
      return role !== undefined && map !== undefined && mayDo(role, 'states:StartExecution', template) === false
        ? `'${map.name}' starts an execution for each item, and nothing allows the role '${role.logicalId}' states:StartExecution`
        : undefined;
    },
  ),
];
