import type { Fault } from './fault';

const LIMITS = 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html';

/** Environment variables of one container. */
const MOST_VARIABLES = 100;

/** Bytes of one name or value of an environment variable. */
const MOST_VARIABLE_BYTES = 1024;

/** Bytes of all names and values together. */
const MOST_ENVIRONMENT_BYTES = 32 * 1024;

/** SageMaker refuses an environment that is too large, or has a name no shell could use, when the model is created. */
export function faultyEnvironment(environment: { readonly [name: string]: string }): Fault[] {
  const entries = Object.entries(environment);
  const faults = entries.flatMap(([name, value]) => [...faultyVariableName(name), ...tooLongVariable(name, value)]);
  if (entries.length > MOST_VARIABLES) {
    faults.push({
      id: 'environment-count',
      message: `'environment' has ${entries.length} variables, allowed are ${MOST_VARIABLES}`,
      fix: 'put some of them into a file beside the model',
      see: LIMITS,
    });
  }
  const total = entries.reduce((sum, [name, value]) => sum + bytes(name) + bytes(value), 0);
  if (total > MOST_ENVIRONMENT_BYTES) {
    faults.push({
      id: 'environment-size',
      message: `'environment' has ${total} bytes, allowed are ${MOST_ENVIRONMENT_BYTES} for all names and values together`,
      fix: 'put what is long into a file beside the model',
      see: LIMITS,
    });
  }
  return faults;
}

function faultyVariableName(name: string): Fault[] {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) {
    return [];
  }
  return [
    {
      id: 'environment-name',
      message: `'environment' names a variable '${name}', allowed are letters, digits and underscores, not starting with a digit`,
      fix: 'rename it',
      see: LIMITS,
    },
  ];
}

function tooLongVariable(name: string, value: string): Fault[] {
  return [
    ['name', name],
    ['value', value],
  ]
    .filter(([, text]) => bytes(text) > MOST_VARIABLE_BYTES)
    .map(([part, text]) => ({
      id: 'environment-variable-size',
      message: `the ${part} of the variable '${name.slice(0, 40)}' in 'environment' has ${bytes(text)} bytes, allowed are ${MOST_VARIABLE_BYTES}`,
      fix: 'put it into a file beside the model',
      see: LIMITS,
    }));
}

function bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** A variable that an option of the image decides: whichever came last would win, and nobody would be told. */
export function environmentDecidedTwice(
  byImage: { readonly [name: string]: string },
  byModel: { readonly [name: string]: string },
): Fault[] {
  return Object.keys(byModel)
    .filter((name) => name in byImage && byImage[name] !== byModel[name])
    .map((name) => ({
      id: 'environment-decided-twice',
      message: `'environment' sets '${name}' to '${byModel[name]}', and the options of the image set it to '${byImage[name]}'`,
      fix: 'leave one of them out',
    }));
}

/** Where an image finds its model: told of a hub it does not look at the artifact, and told of nothing it needs one. */
export function modelInOnePlace(image: ModelSource, hasArtifact: boolean): Fault[] {
  if (image.fetchesFromHub === true && hasArtifact) {
    return [
      {
        id: 'model-in-two-places',
        message:
          "the image is told to fetch the model from a hub, and 'artifact' is given too, which it would not look at",
        fix: "leave out the image's option 'model', or the 'artifact'",
      },
    ];
  }
  if (image.needsArtifact === true && !hasArtifact) {
    return [
      {
        id: 'model-nowhere',
        message: "the image has no model in it, is told of none, and 'artifact' is not given",
        fix: "give the model an 'artifact'",
      },
    ];
  }
  return [];
}

/** What an image says of where it finds its model. */
export interface ModelSource {
  readonly fetchesFromHub?: boolean;
  readonly needsArtifact?: boolean;
}

/** A container without a network cannot fetch its model from a hub, and says so only when its health check times out. */
export function hubOutOfReach(fetchesFromHub: boolean, networkIsolation: boolean): Fault[] {
  if (!fetchesFromHub || !networkIsolation) {
    return [];
  }
  return [
    {
      id: 'hub-network-isolation',
      message:
        'the image fetches the model from a hub on the internet, and network isolation leaves the container no network',
      fix: "give the model an 'artifact' with the weights, or leave network isolation out",
      see: 'https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html',
    },
  ];
}
