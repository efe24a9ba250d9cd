/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates and documents are read as plain data */
import { METRICS, DIMENSIONS } from '../../lambda/predict/contract';
import type { PublishedMetric } from '../../lib/checks/rules/published-metric';
import { publishedMetric } from '../../lib/checks/rules/published-metrics';
import { endpointBound, endpointFault } from './endpoint-metrics';
import { consumesStream, kinesisFault, mappingFault } from './stream-metrics';
import { ofType, type PlainResource, type PlainTemplate, references, strings } from './synth';

// lambda/predict/metrics.ts publishes every metric of the contract under DIMENSION_SETS; repeated by hand, so that a change
// of the contract has to be made on purpose.
const OWN_SETS = [['FunctionName'], ['FunctionName', 'FunctionVersion'], ['FunctionName', 'ModelVersion']];
const OWN: Readonly<Record<string, PublishedMetric>> = Object.fromEntries([
  ...[
    'Requests',
    'HandledServerErrors',
    'RejectedInvocations',
    'ClientErrors',
    'Latency',
    'ModelLatency',
    'BatchSize',
    'Prediction',
  ].map((name) => [name, { dimensionSets: OWN_SETS }]),
  // lambda/stream-score/metrics.ts publishes these.
  ...[
    'StreamRecords',
    'StreamPredictions',
    'StreamQuarantinedRecords',
    'StreamFailedBatches',
    'StreamSinkFailures',
    'StreamEndpointThrottles',
    'StreamBatchSize',
    'StreamModelTime',
  ].map((name) => [name, { dimensionSets: [['FunctionName'], ['FunctionName', 'FunctionVersion']] }]),
  ['FirstChunkLatency', { dimensionSets: [['FunctionName']] }],
  // lambda/batch-control/index.ts publishes these when a run ends, lambda/batch-watch/index.ts whenever it has looked,
  // and lambda/batch-jobs/index.ts when a job may not begin.
  ...[
    'BatchObjects',
    'BatchQuarantinedObjects',
    'BatchRecords',
    'BatchLateness',
    'BatchMissedRuns',
    'BatchJobsAtQuota',
  ].map((name) => [name, { dimensionSets: [['BatchName']] }]),
  // lambda/rollout-controller/rollout-metrics.ts publishes these at each tick.
  ...['RolloutActive', 'RolloutPercent', 'RolloutPausedMinutes', 'RolloutStuck', 'RolledBack', 'Promoted'].map(
    (name) => [name, { dimensionSets: [['Target']] }],
  ),
]);

// lambda/stream-invoke/metrics.ts publishes these under the name of its function, and no other.
const OF_STREAMS = ['Requests', 'HandledServerErrors', 'FirstChunkLatency'];

/** A metric that an alarm or a widget names. */
export interface NamedMetric {
  readonly where: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: { readonly [name: string]: unknown };
  readonly statistic?: string;
}

/** Everything that the alarms of a template name. */
export function alarmMetrics(template: PlainTemplate): NamedMetric[] {
  return ofType(template, 'AWS::CloudWatch::Alarm').flatMap(([where, { Properties: alarm = {} }]) => {
    if (alarm.MetricName !== undefined) {
      return [
        named(where, alarm.Namespace, alarm.MetricName, alarm.Dimensions, alarm.Statistic ?? alarm.ExtendedStatistic),
      ];
    }
    const queries = (alarm.Metrics ?? []) as { MetricStat?: { Metric: any; Stat: string } }[];
    return queries
      .filter((query) => query.MetricStat !== undefined)
      .map(({ MetricStat: stat }) =>
        named(where, stat!.Metric.Namespace, stat!.Metric.MetricName, stat!.Metric.Dimensions, stat!.Stat),
      );
  });
}

function named(
  where: string,
  namespace: string,
  name: string,
  dimensions: { Name: string; Value: unknown }[] = [],
  statistic?: string,
): NamedMetric {
  return {
    where,
    namespace,
    name,
    statistic,
    dimensions: Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])),
  };
}

/** Everything that the dashboards of a template draw. */
export function dashboardMetrics(template: PlainTemplate): NamedMetric[] {
  return ofType(template, 'AWS::CloudWatch::Dashboard').flatMap(([where, resource]) =>
    dashboardBody(resource).widgets.flatMap((widget: any) =>
      ((widget.properties.metrics ?? []) as unknown[][])
        .filter((row) => typeof row[0] === 'string')
        .map((row) => {
          const words = row.filter((word) => typeof word !== 'object');
          const options = row.find((word) => typeof word === 'object') as { stat?: string } | undefined;
          const dimensions = Object.fromEntries(
            pairs(words.slice(2)).map(([name, value]) => [String(name), fromPlaceholder(value)]),
          );
          return {
            where: `${where}, '${widget.properties.title}'`,
            namespace: String(words[0]),
            name: String(words[1]),
            statistic: options?.stat,
            dimensions,
          };
        }),
    ),
  );
}

function pairs(words: unknown[]): [unknown, unknown][] {
  return words.length === 0 ? [] : [[words[0], words[1]], ...pairs(words.slice(2))];
}

/** The body of a dashboard; a reference in it stands as its JSON in base 64, between two paragraph signs. */
export function dashboardBody(resource: PlainResource): { widgets: any[] } {
  const body = resource.Properties!.DashboardBody;
  const mark = (reference: unknown): string => `§${Buffer.from(JSON.stringify(reference)).toString('base64')}§`;
  if (typeof body === 'string') {
    return JSON.parse(body) as { widgets: any[] };
  }
  if (body['Fn::Sub'] !== undefined) {
    const [text, values] = body['Fn::Sub'] as [string, Record<string, unknown>];
    return JSON.parse(text.replace(/\$\{(\w+)\}/g, (_, name: string) => mark(values[name]))) as { widgets: any[] };
  }
  const parts = body['Fn::Join'][1] as unknown[];
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : mark(part))).join('')) as { widgets: any[] };
}

/** A reference alone, a text, or a text with references in it as the template has it. */
function fromPlaceholder(value: unknown): unknown {
  const parts = String(value).split(/§(.*?)§/);
  const parsed = parts
    .map((part, index) => (index % 2 === 1 ? (JSON.parse(Buffer.from(part, 'base64').toString()) as unknown) : part))
    .filter((part) => part !== '');
  return parsed.length === 1 ? parsed[0] : { 'Fn::Join': ['', parsed] };
}

/** What is wrong with the metrics of all alarms and widgets of an app: an alarm on a metric that nobody publishes never fires. */
export function unpublishedMetrics(...templates: PlainTemplate[]): string[] {
  const all = merge(templates);
  return templates.flatMap((template) =>
    [...alarmMetrics(template), ...dashboardMetrics(template)].flatMap((metric) => {
      const fault = faultOf(all, metric);
      return fault === undefined
        ? []
        : [
            `${metric.where}: ${metric.namespace} ${metric.name} [${Object.keys(metric.dimensions).join(', ')}]: ${fault}`,
          ];
    }),
  );
}

function merge(templates: readonly PlainTemplate[]): PlainTemplate {
  return { Resources: Object.assign({}, ...templates.map(({ Resources }) => Resources)) };
}

function faultOf(template: PlainTemplate, { namespace, name, dimensions, statistic }: NamedMetric): string | undefined {
  const published = namespace === METRICS.namespace ? OWN[name] : publishedMetric(namespace, name);
  if (published === undefined) {
    return 'no service publishes it';
  }
  const names = Object.keys(dimensions).sort();
  if (!published.dimensionSets.some((set) => [...set].sort().join() === names.join())) {
    return 'it is not published under these dimensions';
  }
  if (statistic !== undefined && published.statistics?.test(statistic) === false) {
    return `there is no ${statistic} of it`;
  }
  switch (namespace) {
    case 'AWS/Lambda':
      return lambdaFault(template, name, dimensions);
    case 'AWS/ApiGateway':
      return apiFault(template, dimensions);
    case 'AWS/SQS':
      return references(dimensions.QueueName).length === 1 ? undefined : 'it names no queue';
    case 'AWS/SageMaker':
    case '/aws/sagemaker/Endpoints':
      return endpointFault(template, { where: '', namespace, name, dimensions });
    case 'AWS/States':
      return machineFault(template, dimensions);
    case 'AWS/Kinesis':
      return kinesisFault(template, dimensions);
    default:
      if (dimensions.Target !== undefined) {
        return stagedRollout(template, dimensions.Target) === undefined ? 'no rollout is of this target' : undefined;
      }
      return dimensions.BatchName === undefined
        ? ownFault(template, name, dimensions)
        : batchFault(template, name, dimensions);
  }
}

function lambdaFault(
  template: PlainTemplate,
  name: string,
  {
    FunctionName: fn,
    Resource: resource,
    ExecutedVersion: version,
    EventSourceMappingUUID: mapping,
  }: NamedMetric['dimensions'],
): string | undefined {
  if (mapping !== undefined) {
    return mappingFault(template, mapping);
  }
  if (resource === undefined) {
    return undefined;
  }
  const rollout = stagedRollout(template, resource);
  if (rollout !== undefined) {
    return lambdaFaultInStages(template, rollout, name);
  }
  const parts = (resource as any)['Fn::Join']?.[1] as unknown[] | undefined;
  const text = parts?.find((part): part is string => typeof part === 'string' && part.startsWith(':'));
  const alias = ofType(template, 'AWS::Lambda::Alias').find(
    ([, { Properties: properties = {} }]) =>
      `:${properties.Name}` === text && JSON.stringify(properties.FunctionName) === JSON.stringify(fn),
  );
  if (alias === undefined || JSON.stringify(parts?.[0]) !== JSON.stringify(fn)) {
    return `'Resource' is not the function's name with an alias of it: ${JSON.stringify(resource)}`;
  }
  const [aliasId, { UpdatePolicy: policy, Properties: properties = {} }] = alias;
  if (version !== undefined && policy?.CodeDeployLambdaAliasUpdate === undefined) {
    return 'only a weighted alias has metrics by version, and nothing weights this one';
  }
  const scaled = ofType(template, 'AWS::ApplicationAutoScaling::ScalableTarget').some(([, target]) =>
    references(target.Properties!.ResourceId).includes(aliasId),
  );
  if (name.startsWith('ProvisionedConcurrency') && properties.ProvisionedConcurrencyConfig === undefined && !scaled) {
    return 'the alias has no provisioned concurrency';
  }
  return undefined;
}

/** Whether the controller of an alias has it publish that: weights, and environments of its versions. */
function lambdaFaultInStages(template: PlainTemplate, rollout: PlainResource, name: string): string | undefined {
  const [controller] = references(rollout.Properties!.controllerName);
  const told = JSON.stringify(template.Resources[controller].Properties!.Environment.Variables.ROLLOUT_TARGET);
  return name.startsWith('ProvisionedConcurrency') && !told.includes('provisioned')
    ? 'the versions of the alias have no provisioned concurrency'
    : undefined;
}

/** The custom resource of a rollout that moves this, be it an alias or an endpoint. */
function stagedRollout(template: PlainTemplate, target: unknown): PlainResource | undefined {
  return ofType(template, 'Custom::StagedRollout')
    .map(([, resource]) => resource)
    .find(({ Properties: properties }) => JSON.stringify(properties!.target) === JSON.stringify(target));
}

function apiFault(
  template: PlainTemplate,
  { ApiName: api, Stage: stage }: NamedMetric['dimensions'],
): string | undefined {
  const [id] =
    ofType(template, 'AWS::ApiGateway::RestApi').find(
      ([, { Properties: properties = {} }]) => properties.Name === api,
    ) ?? [];
  if (id === undefined) {
    return `no REST API is named ${JSON.stringify(api)}`;
  }
  const known = ofType(template, 'AWS::ApiGateway::Stage').some(
    ([, { Properties: properties = {} }]) =>
      properties.StageName === stage && references(properties.RestApiId).includes(id),
  );
  return stage === undefined || known ? undefined : `the API has no stage ${JSON.stringify(stage)}`;
}

function machineFault(
  template: PlainTemplate,
  { StateMachineArn: machine }: NamedMetric['dimensions'],
): string | undefined {
  const text = strings(machine).join('');
  const byName = ofType(template, 'AWS::StepFunctions::StateMachine').some(([, { Properties: properties = {} }]) =>
    text.endsWith(`:stateMachine:${properties.StateMachineName}`),
  );
  if (byName) {
    return undefined;
  }
  const [id] = references(machine);
  return template.Resources[id]?.Type === 'AWS::StepFunctions::StateMachine' ? undefined : 'it names no state machine';
}

/** The functions that end and watch the runs are told under which name to publish; missed runs are those of a schedule. */
function batchFault(
  template: PlainTemplate,
  metric: string,
  { BatchName: name }: NamedMetric['dimensions'],
): string | undefined {
  const told = ofType(template, 'AWS::Lambda::Function')
    .map(([, { Properties: properties = {} }]) => properties.Environment?.Variables ?? {})
    .filter(({ BATCH_NAME: batchName }) => batchName === name);
  if (told.length === 0) {
    return 'no function is told to publish under this name';
  }
  if (metric === 'BatchJobsAtQuota' && ofType(template, 'AWS::SageMaker::Model').length === 0) {
    return 'there is nothing that transform jobs could run';
  }
  return metric === 'BatchMissedRuns' && told.every(({ SCHEDULE_NAME: schedule }) => schedule === undefined)
    ? 'no function is told of a schedule'
    : undefined;
}

/** Only the library's own handlers publish them: one is known by its layer, the one for streams by what it is told. */
function ownFault(template: PlainTemplate, name: string, dimensions: NamedMetric['dimensions']): string | undefined {
  const [id] = references(dimensions[DIMENSIONS.functionName]);
  const { Layers: layers, Environment: environment } = template.Resources[id]?.Properties ?? {};
  if (consumesStream(environment) || name.startsWith('Stream')) {
    return consumesStream(environment) && name.startsWith('Stream')
      ? undefined
      : 'the consumer of a stream publishes its own metrics, and nobody else does';
  }
  const predicts = references(layers).some((layer) => layer.includes('OnnxRuntime')) && name !== 'FirstChunkLatency';
  const streams =
    environment?.Variables?.ENDPOINT_NAME !== undefined &&
    OF_STREAMS.includes(name) &&
    Object.keys(dimensions).length === 1;
  return predicts || streams ? undefined : "the function is not the library's handler, which alone publishes it";
}

/** Alarms that can never go off, or whose silence is not said to be good or bad. */
export function deafAlarms(template: PlainTemplate): string[] {
  return ofType(template, 'AWS::CloudWatch::Alarm').flatMap(([id, { Properties: alarm = {} }]) =>
    alarmFaults(template, id, alarm).map((fault) => `${id}: ${fault}`),
  );
}

function alarmFaults(template: PlainTemplate, id: string, alarm: Record<string, any>): string[] {
  const faults: string[] = [];
  const metrics = alarmMetrics({ Resources: { [id]: { Type: 'AWS::CloudWatch::Alarm', Properties: alarm } } });
  const periods: number[] =
    alarm.Period === undefined
      ? alarm.Metrics.flatMap((query: any) => query.MetricStat?.Period ?? query.Period ?? [])
      : [alarm.Period];
  const watched = Math.max(...periods) * alarm.EvaluationPeriods;
  if (alarm.TreatMissingData === undefined) {
    faults.push('it does not say what missing data means');
  }
  if (alarm.DatapointsToAlarm > alarm.EvaluationPeriods) {
    faults.push('it wants more bad periods than it looks at');
  }
  if (watched > (Math.max(...periods) >= 3600 ? 7 * 86_400 : 86_400)) {
    faults.push(`it looks at ${watched} seconds, which CloudWatch refuses`);
  }
  if (!periods.every((period) => [10, 20, 30].includes(period) || period % 60 === 0)) {
    faults.push(`its period is ${periods.join()} seconds`);
  }
  if (typeof alarm.Threshold === 'number') {
    const bound = upperBound(template, metrics, alarm);
    if (alarm.ComparisonOperator.startsWith('GreaterThan') && (alarm.Threshold >= bound || alarm.Threshold < 0)) {
      faults.push(`its threshold ${alarm.Threshold} is never exceeded: the most is ${bound}`);
    }
    if (alarm.ComparisonOperator.startsWith('LessThan') && alarm.Threshold <= 0) {
      faults.push(`nothing is less than ${alarm.Threshold}`);
    }
  }
  return faults;
}

/** The most that what an alarm watches can reach. */
function upperBound(template: PlainTemplate, metrics: readonly NamedMetric[], alarm: Record<string, any>): number {
  const expression: string = alarm.Metrics?.find((query: any) => query.ReturnData !== false)?.Expression ?? '';
  const ofEndpoint = endpointBound(template, metrics, expression);
  if (ofEndpoint !== undefined) {
    return ofEndpoint;
  }
  if (/\) \/ (invocations|requests)|quarantined \/ objects/.test(expression)) {
    return 1;
  }
  const [fn] = metrics.flatMap(({ dimensions }) => references(dimensions.FunctionName));
  const { Timeout: timeout = 3, ReservedConcurrentExecutions: reserved } = template.Resources[fn]?.Properties ?? {};
  if (metrics.some(({ namespace, name }) => namespace === 'AWS/Lambda' && name === 'Duration')) {
    return Number(timeout) * 1000;
  }
  if (metrics.some(({ name }) => name === 'ConcurrentExecutions') && typeof reserved === 'number') {
    return reserved;
  }
  return Infinity;
}
