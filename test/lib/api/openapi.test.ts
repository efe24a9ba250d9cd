/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates and documents are read as plain data */
import Ajv2020 from 'ajv/dist/2020';
import { CONTENT_TYPES, ERROR_STATUS, type ErrorCode } from '../../../lambda/predict/contract';
import { openApiDocument } from '../../../lib/api/openapi';
import { type ModelOverrides, tinyModel } from '../../fakes/models';

const SCHEME = { type: 'apiKey', name: 'x-api-key', in: 'header' };
const document = (overrides?: ModelOverrides) => {
  const model = tinyModel(overrides);
  return openApiDocument({ model, input: model.input, contentTypes: Object.values(CONTENT_TYPES) }, SCHEME) as any;
};

const METHODS = ['get', 'post'] as const;

/** Every media type of a document, with where it is. */
function bodies(doc: any): { where: string; media: any }[] {
  return Object.entries<any>(doc.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] !== undefined).flatMap((method) => {
      const { requestBody, responses } = item[method];
      return [['request', requestBody] as const, ...Object.entries(responses)].flatMap(
        ([where, body]: readonly [string, any]) =>
          body === undefined
            ? []
            : Object.entries<any>(body.content).map(([type, media]) => ({
                where: `${method} ${path} ${where} ${type}`,
                media,
              })),
      );
    }),
  );
}

function compile(doc: any, schema: object) {
  return new Ajv2020({ strict: false, validateFormats: false }).compile({ ...schema, components: doc.components });
}

test.each([
  ['a record without examples', {}],
  ['a record with examples', { examples: [{ input: { amount: 1, age: 30 }, expected: 0.25 }] }],
  ['a vector', { schema: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 } }],
  [
    'references, 2020-12',
    {
      schema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $defs: { n: { type: 'number', exclusiveMinimum: 0 } },
        type: 'object',
        properties: { a: { $ref: '#/$defs/n' } },
      },
    },
  ],
] as [string, ModelOverrides][])('%s: every schema is valid and admits its examples', (_, overrides) => {
  const doc = document(overrides);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  Object.entries<object>(doc.components.schemas).forEach(([name, schema]) =>
    expect([name, ajv.validateSchema(schema)]).toEqual([name, true]),
  );
  for (const { where, media } of bodies(doc)) {
    const validate = compile(doc, media.schema);
    const examples = [
      ...Object.values<any>(media.examples ?? {}).map(({ value }) => value),
      ...(media.example === undefined ? [] : [media.example]),
    ];
    examples.forEach((example) => expect([where, validate(example), validate.errors]).toEqual([where, true, null]));
  }
});

test('it is OpenAPI 3.1: every part that must be there is', () => {
  const doc = document();
  expect(doc).toMatchObject({
    openapi: '3.1.0',
    info: { title: 'Predictions of fraud', version: '1.4.0' },
    security: [{ caller: [] }],
    components: { securitySchemes: { caller: SCHEME } },
  });
  const operations = Object.values<any>(doc.paths).flatMap((item) => METHODS.flatMap((method) => item[method] ?? []));
  expect(operations.map(({ operationId }) => operationId)).toEqual(['predict', 'health']);
  operations.forEach(({ responses }) =>
    Object.values<any>(responses).forEach((response) =>
      expect(response.description).toEqual(expect.stringMatching(/./)),
    ),
  );
  operations
    .flatMap(({ parameters }) => parameters ?? [])
    .forEach((parameter) =>
      expect(parameter).toMatchObject({ name: expect.anything(), in: 'header', schema: expect.anything() }),
    );
});

test('every reference leads somewhere', () => {
  const doc = document();
  const references = [...JSON.stringify(doc).matchAll(/"\$ref":"#([^"]+)"/g)].map(([, path]) => path);
  expect(references.length).toBeGreaterThan(5);
  references.forEach((path) =>
    expect([
      path,
      path
        .slice(1)
        .split('/')
        .reduce((node: any, key) => node?.[key], doc),
    ]).toEqual([path, expect.anything()]),
  );
});

test('a batch is refused when it is empty or has fields beside', () => {
  const doc = document();
  const validate = compile(doc, { $ref: '#/components/schemas/Batch' });
  expect(
    [
      { instances: [{ amount: 1, age: 30 }] },
      { instances: [] },
      { instances: [{ amount: 1 }] },
      { instances: [{ amount: 1, age: 30 }], x: 1 },
    ].map((body) => validate(body)),
  ).toEqual([true, false, false, false]);
});

test('all content types of the handler are documented, and all its codes with their status', () => {
  const { requestBody, responses } = document().paths['/predict'].post;
  expect(Object.keys(requestBody.content)).toEqual(Object.values(CONTENT_TYPES));
  (Object.keys(ERROR_STATUS) as ErrorCode[]).forEach((code) =>
    expect(responses[String(ERROR_STATUS[code])].description).toContain(`\`${code}\``),
  );
});

test("the gateway's own refusals are documented too", () => {
  const { responses } = document().paths['/predict'].post;
  expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', '413', '429', '504']));
});

test('who may not ask for a prediction may not ask for health either', () => {
  expect(Object.keys(document().paths['/health'].get.responses)).toEqual(expect.arrayContaining(['200', '403']));
});

test("the order of the columns is that of the fields, and the model's own answer is the example", () => {
  const doc = document({ examples: [{ input: { amount: 1, age: 30 }, expected: 0.25 }] });
  const { requestBody, responses } = doc.paths['/predict'].post;
  expect(requestBody.content['text/csv'].schema.description).toContain('amount, age');
  expect(requestBody.content['application/json'].examples.one.value).toEqual({ amount: 1, age: 30 });
  expect(responses['200'].content['application/json'].example).toMatchObject({
    predictions: [0.25],
    model: { name: 'fraud', version: '1.4.0' },
  });
});
