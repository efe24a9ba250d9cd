/**
 * What the APIs take that a state machine calls: names of actions and of the members of their inputs, and which of these must be
 * there. The clients of the AWS SDK know it; whoever synthesizes an app does not have them, so it is shipped as data.
 */

/** Clients by the names that Step Functions has for their services. */
const CLIENTS: Readonly<Record<string, string>> = {
  cloudwatch: '@aws-sdk/client-cloudwatch',
  dynamodb: '@aws-sdk/client-dynamodb',
  lambda: '@aws-sdk/client-lambda',
  s3: '@aws-sdk/client-s3',
  sagemaker: '@aws-sdk/client-sagemaker',
  sagemakerruntime: '@aws-sdk/client-sagemaker-runtime',
  sfn: '@aws-sdk/client-sfn',
  sns: '@aws-sdk/client-sns',
  sqs: '@aws-sdk/client-sqs',
};

/** Actions of SageMaker whose inputs are known; of the others, the names. */
const OF_INFERENCE =
  /(TransformJob|Model|ModelPackage|ModelPackageGroup|EndpointConfig|Endpoint|EndpointWeightsAndCapacities|InferenceComponent|InferenceComponentRuntimeConfig|ProcessingJob|TrainingJob|HyperParameterTuningJob|LabelingJob|PipelineExecution|Tags|InferenceExperiment|MonitoringSchedule)s?$/;

/** The members of an input, the required ones first: each with the shape of what it holds, or 0 where nothing is known of it. */
type Shape = readonly [required: number, members: Readonly<Record<string, string | 0>>];

export interface ServiceApi {
  /** By the name of an action: the shape of its input, or 0 where it is not known. */
  readonly actions: Readonly<Record<string, string | 0>>;
  readonly shapes: Readonly<Record<string, Shape>>;
  /** Instance types of batch transform, where the service has it. */
  readonly transformInstances?: readonly string[];
}

/** A schema as the clients have it: its kind, namespace, name and traits, and what the kind has beside. */
type Schema = readonly [kind: number, namespace: string, name: string, traits: unknown, ...rest: unknown[]];
const LIST = 1;
const MAP = 2;
const STRUCTURE = 3;
const OPERATION = 9;

export function apiShapes(): string {
  const services = Object.fromEntries(
    Object.entries(CLIENTS).map(([service, client]) => [service, serviceApi(service, client)]),
  );
  return `${JSON.stringify(services)}\n`;
}

function serviceApi(service: string, client: string): ServiceApi {
  const exported = require(client) as Record<string, unknown>;
  const shapes = new Map<string, Shape>();
  const actions: Record<string, string | 0> = {};
  for (const name of Object.keys(exported).sort()) {
    const schema = exported[name];
    if (name.endsWith('$') && isSchema(schema) && schema[0] === OPERATION) {
      const known = service !== 'sagemaker' || OF_INFERENCE.test(schema[2]);
      actions[schema[2]] = known ? shapeOf(schema[4], shapes) : 0;
    }
  }
  const instances = exported.TransformInstanceType as Record<string, string> | undefined;
  return {
    actions,
    shapes: Object.fromEntries([...shapes].sort(([one], [other]) => (one < other ? -1 : 1))),
    ...(instances === undefined ? {} : { transformInstances: Object.values(instances).sort() }),
  };
}

const isSchema = (value: unknown): value is Schema => Array.isArray(value) && typeof value[0] === 'number';

/** Notes the shape of a structure, and answers its name; what is listed in it is known by the same name, a list by `[]` after it. */
function shapeOf(given: unknown, shapes: Map<string, Shape>): string | 0 {
  const schema = resolved(given);
  if (!isSchema(schema)) {
    return 0;
  }
  const [kind, , name] = schema;
  if (kind === LIST || kind === MAP) {
    const inner = shapeOf(schema[kind === LIST ? 4 : 5], shapes);
    return inner === 0 ? 0 : `${inner}${kind === LIST ? '[]' : '{}'}`;
  }
  if (kind !== STRUCTURE) {
    return 0;
  }
  if (!shapes.has(name)) {
    const [, , , , names, members, required] = schema as unknown as [
      number,
      string,
      string,
      unknown,
      readonly string[],
      readonly unknown[],
      number | undefined,
    ];
    // Noted before it is known, since a structure may hold itself.
    shapes.set(name, [0, {}]);
    shapes.set(name, [
      required ?? 0,
      Object.fromEntries(names.map((member, index) => [member, shapeOf(members[index], shapes)])),
    ]);
  }
  return name;
}

/** Members name their schema by a function, by a list with traits behind it, or by a number where it is a plain value. */
function resolved(given: unknown): unknown {
  if (typeof given === 'function') {
    return resolved((given as () => unknown)());
  }
  return Array.isArray(given) && given.length === 2 ? resolved((given as unknown[])[0]) : given;
}
