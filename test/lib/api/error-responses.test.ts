/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates and documents are read as plain data */
import { CONTENT_TYPES } from '../../../lambda/predict/contract';
import { InferenceApi, ServerlessInference } from '../../../lib';
import { tinyModel } from '../../fakes/models';
import { ofType, plain, testStack } from '../../helpers/synth';

function responses(corsOrigins?: string[]): Record<string, any> {
  const stack = testStack();
  new InferenceApi(stack, 'Api', {
    inference: new ServerlessInference(stack, 'Fraud', { model: tinyModel() }),
    corsOrigins,
  });
  return Object.fromEntries(
    ofType(plain(stack), 'AWS::ApiGateway::GatewayResponse').map(([, { Properties: properties }]) => [
      properties!.ResponseType,
      properties,
    ]),
  );
}

/** Gateway responses know substitution and nothing else: `$context.error.message` plain, `messageString` with quotes around it. */
function render(template: string, context: Record<string, string>): unknown {
  const text = template.replace(/\$context\.([\w.]+)/g, (_, name: string) => context[name] ?? '');
  return JSON.parse(text);
}

const CONTEXT = {
  requestId: 'r-1',
  'error.responseType': 'THROTTLED',
  'error.message': 'Too Many Requests',
  'error.messageString': '"Too Many Requests"',
  'error.validationErrorString': '[instance value (\\"x\\") not found in enum]',
};

test('invalid bodies, other refusals of the caller and failures: nothing else is customized', () => {
  expect(Object.keys(responses()).sort()).toEqual(['BAD_REQUEST_BODY', 'DEFAULT_4XX', 'DEFAULT_5XX']);
});

test.each([
  [
    'BAD_REQUEST_BODY',
    { code: 'INVALID_INPUT', message: '[instance value ("x") not found in enum]', requestId: 'r-1' },
  ],
  ['DEFAULT_4XX', { code: 'THROTTLED', message: 'Too Many Requests', requestId: 'r-1' }],
  ['DEFAULT_5XX', { code: 'THROTTLED', message: 'Too Many Requests', requestId: 'r-1' }],
])('%s has the shape of the handler’s own errors', (type, error) => {
  const { ResponseTemplates: templates } = responses()[type];
  expect(Object.keys(templates)).toEqual([CONTENT_TYPES.json]);
  expect(render(templates[CONTENT_TYPES.json], CONTEXT)).toEqual({ error });
});

test('an invalid body is 400, other statuses are those of the gateway', () => {
  const all = responses();
  expect(all.BAD_REQUEST_BODY.StatusCode).toBe('400');
  expect([all.DEFAULT_4XX.StatusCode, all.DEFAULT_5XX.StatusCode]).toEqual([undefined, undefined]);
});

test('one origin may read them; of several none can be chosen', () => {
  expect(responses(['https://example.com']).DEFAULT_4XX.ResponseParameters).toEqual({
    'gatewayresponse.header.Access-Control-Allow-Origin': "'https://example.com'",
  });
  expect(responses(['https://a.example', 'https://b.example']).DEFAULT_4XX.ResponseParameters).toBeUndefined();
  expect(responses().DEFAULT_4XX.ResponseParameters).toBeUndefined();
});
