import type { Fault } from '../checks/bounds/fault';
import type { InferenceApiProps } from './inference-api';

/** What is wrong with how the props of an API go together. */
export function faultyApi(props: InferenceApiProps): Fault[] {
  return [...faultyReach(props), ...noInputSchema(props), ...noStreaming(props)];
}

/** The gateway validates by the schema, and the document consists of it. */
function noInputSchema({ inference: { model } }: InferenceApiProps): Fault[] {
  if (model._inputSchema !== undefined) {
    return [];
  }
  return [
    {
      id: 'api-input-schema',
      message: `the model '${model.name}' has no 'input', so requests could be neither validated nor documented`,
      fix: 'give the model an input schema (InputSchema.fromJsonSchema)',
    },
  ];
}

/** Only some deployments can answer piece by piece. */
function noStreaming({ streaming, inference }: InferenceApiProps): Fault[] {
  if (streaming !== true || inference.supportsStreaming) {
    return [];
  }
  return [
    {
      id: 'api-streaming',
      message: `'streaming' is true, and '${inference.node.path}' answers in one piece`,
      fix: "leave 'streaming' out, or serve the model with a RealtimeEndpoint whose variants are all on instances",
      see: 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html',
    },
  ];
}

function faultyReach({ privateEndpoints, domainName }: InferenceApiProps): Fault[] {
  if (privateEndpoints === undefined) {
    return [];
  }
  const faults: Fault[] = [];
  if (privateEndpoints.length === 0) {
    faults.push({
      id: 'api-private-endpoints',
      message: "'privateEndpoints' is empty, so nobody could reach the API",
      fix: 'give at least one endpoint',
    });
  }
  if (domainName !== undefined) {
    faults.push({
      id: 'api-private-domain',
      message: "'domainName' is public, and 'privateEndpoints' makes the API private",
      fix: 'leave one of them out',
    });
  }
  return faults;
}
