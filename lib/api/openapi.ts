import { CONTENT_TYPES, ERROR_STATUS, type ErrorCode } from '../../lambda/predict/contract';
import type { InputSchema } from '../model/input-schema';
import { type Model, OnnxModel } from '../model/model';
import { sampleInstance } from '../model/sample-instance';
import type { JsonSchema } from '../private/json-schema';

/** Under this type the document lies in the assembly's metadata, for tools that read it. */
export const OPENAPI_METADATA = 'cdk-inference-patterns:openapi';

/** Codes that the gateway answers itself, before the handler is called. */
const GATEWAY_CODES: { readonly [status: string]: readonly string[] } = {
  '403': [
    'ACCESS_DENIED',
    'EXPIRED_TOKEN',
    'INVALID_API_KEY',
    'INVALID_SIGNATURE',
    'MISSING_AUTHENTICATION_TOKEN',
    'WAF_FILTERED',
  ],
  '401': ['UNAUTHORIZED'],
  '413': ['REQUEST_TOO_LARGE'],
  '429': ['THROTTLED', 'QUOTA_EXCEEDED'],
  '504': ['INTEGRATION_TIMEOUT'],
};

/** When each code is answered, for readers of the document. */
const REASONS: { readonly [code in ErrorCode]: string } = {
  MALFORMED_BODY: 'the body is not what its content type says',
  INVALID_INPUT: 'a field is missing, unknown, of the wrong type, out of bounds or not finite; `field` names it',
  NOT_FOUND: 'there is no such path',
  METHOD_NOT_ALLOWED: 'the path exists, the method does not',
  TOO_LARGE: 'the body or the number of instances is over the limit',
  UNSUPPORTED_MEDIA_TYPE: `the content type is none of ${Object.values(CONTENT_TYPES).join(', ')}`,
  MODEL_ERROR: 'the model failed on valid input',
};

/** What the API serves. */
export interface DocumentedModel {
  readonly model: Model;
  readonly input: InputSchema;
  /** Content types that `POST /predict` takes. */
  readonly contentTypes: readonly string[];
  /** Whether there is `POST /predict/stream`. */
  readonly streaming?: boolean;
}

/** The API of one model as an OpenAPI 3.1 document, whose schemas are JSON Schema as they are. */
export function openApiDocument(
  { model, input, contentTypes, streaming }: DocumentedModel,
  securityScheme: { readonly [key: string]: unknown },
): { [key: string]: unknown } {
  const { $schema: _, ...instance } = input.jsonSchema as JsonSchema;
  const sample = model.examples[0]?.input ?? sampleInstance(input.jsonSchema as JsonSchema);
  const answer = {
    predictions: [model.examples[0]?.expected ?? 0.5],
    model: { name: model.name, version: model.version },
    inferenceId: 'b7e2',
  };
  return {
    openapi: '3.1.0',
    info: { title: `Predictions of ${model.name}`, version: model.version },
    paths: {
      '/predict': {
        post: {
          operationId: 'predict',
          summary: 'Predict one instance or a batch',
          parameters: [INFERENCE_ID],
          requestBody: {
            required: true,
            content: only(requestBodies(input, sample), contentTypes),
          },
          responses: {
            '200': jsonResponse(
              'The predictions, in the order of the instances',
              '#/components/schemas/Answer',
              answer,
            ),
            ...errorResponses(),
          },
        },
      },
      ...(streaming === true ? { '/predict/stream': { post: streamOperation(input, sample) } } : {}),
      '/health': {
        get: {
          operationId: 'health',
          summary: 'Whether the model is loaded, and which',
          responses: {
            ...only(errorResponses(), ['401', '403', '429', '500', '504']),
            '200': jsonResponse('The model is loaded', '#/components/schemas/Health', {
              status: 'ok',
              model: {
                name: model.name,
                version: model.version,
                ...(model instanceof OnnxModel ? { sha256: model.sha256 } : {}),
              },
            }),
          },
        },
      },
    },
    components: {
      schemas: {
        Instance: instance,
        Batch: {
          type: 'object',
          properties: { instances: { type: 'array', minItems: 1, items: { $ref: '#/components/schemas/Instance' } } },
          required: ['instances'],
          additionalProperties: false,
        },
        Answer: {
          type: 'object',
          properties: {
            predictions: { type: 'array' },
            model: modelSchema('name', 'version'),
            inferenceId: { type: 'string' },
          },
          required: ['predictions', 'model', 'inferenceId'],
        },
        Health: {
          type: 'object',
          properties: {
            status: { const: 'ok' },
            model: modelSchema('name', 'version', ...(model instanceof OnnxModel ? ['sha256'] : [])),
          },
          required: ['status', 'model'],
        },
        Error: {
          type: 'object',
          properties: {
            error: {
              type: 'object',
              properties: {
                code: { type: 'string' },
                message: { type: 'string' },
                field: { type: 'string' },
                requestId: { type: 'string' },
              },
              required: ['code', 'message', 'requestId'],
            },
          },
          required: ['error'],
        },
      },
      securitySchemes: { caller: securityScheme },
    },
    security: [{ caller: [] }],
  };
}

const INFERENCE_ID = {
  name: 'x-inference-id',
  in: 'header',
  required: false,
  schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}$' },
  description: 'Your own id of this request, to join labels later',
};

/** What the pieces are is up to the model's container. */
function streamOperation(input: InputSchema, sample: unknown): unknown {
  return {
    operationId: 'predictStream',
    summary: 'Predict, and get the answer piece by piece as it comes',
    parameters: [INFERENCE_ID],
    requestBody: { required: true, content: only(requestBodies(input, sample), [CONTENT_TYPES.json]) },
    responses: {
      ...errorResponses(),
      '200': {
        description:
          'The answer, in the content type of the model. Server-sent events end with an event `error`, whose data is an Error, when the answer breaks off; an answer of another type just ends',
        headers: { 'x-inference-id': { schema: { type: 'string' }, description: 'The id of this request' } },
        content: { 'text/event-stream': { schema: { type: 'string' } }, '*/*': { schema: { type: 'string' } } },
      },
      '503': jsonResponse('`MODEL_ERROR`: the endpoint is not available: try again', '#/components/schemas/Error', {
        error: { code: 'MODEL_ERROR', message: 'why', requestId: 'b7e2' },
      }),
    },
  };
}

/** What a request looks like in each content type. */
function requestBodies(input: InputSchema, sample: unknown): { [contentType: string]: unknown } {
  return {
    [CONTENT_TYPES.json]: {
      schema: { anyOf: [{ $ref: '#/components/schemas/Instance' }, { $ref: '#/components/schemas/Batch' }] },
      examples: { one: { value: sample }, batch: { value: { instances: [sample] } } },
    },
    [CONTENT_TYPES.csv]: {
      schema: {
        type: 'string',
        description: `One row per instance: ${input.fieldNames.join(', ')}. With a header row, add "; header=present"`,
      },
    },
    [CONTENT_TYPES.tensor]: {
      schema: {
        type: 'string',
        format: 'binary',
        description: 'Little-endian float32, instance after instance, fields in the order of the schema',
      },
    },
  };
}

function modelSchema(...fields: string[]): unknown {
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((name) => [name, { type: 'string' }])),
    required: fields,
  };
}

function jsonResponse(description: string, schema: string, example: unknown): unknown {
  return { description, content: { [CONTENT_TYPES.json]: { schema: { $ref: schema }, example } } };
}

/** One response for each status, saying which codes it may carry and when. */
function errorResponses(): { [status: string]: unknown } {
  const byStatus: { [status: string]: string[] } = {};
  for (const [status, codes] of Object.entries(GATEWAY_CODES)) {
    byStatus[status] = codes.map((code) => `\`${code}\`: answered by the gateway`);
  }
  for (const [code, reason] of Object.entries(REASONS)) {
    const status = String(ERROR_STATUS[code as ErrorCode]);
    byStatus[status] = [...(byStatus[status] ?? []), `\`${code}\`: ${reason}`];
  }
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, lines]) => [
      status,
      jsonResponse(lines.join('; '), '#/components/schemas/Error', {
        error: { code: lines[0].split('`')[1], message: 'why', requestId: 'b7e2' },
      }),
    ]),
  );
}

function only(all: { [name: string]: unknown }, names: readonly string[]): { [name: string]: unknown } {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}
