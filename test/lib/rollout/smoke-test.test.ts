/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- templates and documents are read as plain data */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { InputSchema, ServerlessInference, type ServerlessInferenceProps } from '../../../lib';
import { casesOf } from '../../../lib/rollout/smoke-test';
import { containerModel } from '../../fakes/endpoints';
import { type ModelOverrides, tinyModel } from '../../fakes/models';
import { identityStatements } from '../../helpers/statements';
import { named, plain, references, testApp } from '../../helpers/synth';

function deployed(overrides: ModelOverrides = {}, props: Partial<ServerlessInferenceProps> = {}) {
  const app = testApp();
  const stack = new Stack(app, 'Stack');
  const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel(overrides), ...props });
  const template = plain(stack);
  const fn = named(template, /^FraudRolloutSmokeTestFunction/);
  const cases = () =>
    JSON.parse(
      readFileSync(
        path.join(app.outdir, `asset.${String(fn.Properties!.Code.S3Key).replace('.zip', '')}`, 'cases.json'),
        'utf8',
      ),
    ) as unknown;
  return { stack, inference, template, fn, cases };
}

test('it asks the examples of the model, with the tolerance of each', () => {
  const input = { amount: 1, age: 30 };
  const { cases, inference } = deployed({
    examples: [{ input, expected: 0.5 }, { input, expected: { score: 1 }, tolerance: 0.1 }, { input }],
  });
  expect(cases()).toEqual({
    model: { name: 'fraud', version: '1.4.0' },
    cases: [
      { input, expected: 0.5, tolerance: 1e-6 },
      { input, expected: { score: 1 }, tolerance: 0.1 },
      { input, tolerance: 1e-6 },
    ],
  });
  expect(inference.rolloutPlan.before).toEqual(['smoke test: 2 examples with known answers']);
});

test('a tolerance of 0 is no default', () => {
  expect(deployed({ examples: [{ input: { amount: 1, age: 30 }, tolerance: 0 }] }).cases()).toMatchObject({
    cases: [{ tolerance: 0 }],
  });
});

test('examples without an answer are not called known answers', () => {
  expect(deployed({ examples: [{ input: { amount: 1, age: 30 } }] }).inference.rolloutPlan.before[0]).not.toMatch(
    /^smoke test: \d+ examples with known answers/,
  );
});

test('without examples it asks an instance that the schema admits, and says how little that proves', () => {
  const { cases, inference } = deployed();
  expect(cases()).toMatchObject({ cases: [{ input: { amount: 1, age: 58 } }] });
  expect(inference.rolloutPlan.before[0]).toContain('shape and finite numbers only');
});

test('it runs on the newest Node.js and arm64, and calls the version, not the alias', () => {
  const { fn, template } = deployed();
  expect(fn.Properties).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
    Timeout: 300,
    MemorySize: 256,
  });
  const [version] = references(fn.Properties!.Environment.Variables.TARGET_VERSION_ARN);
  expect(template.Resources[version].Type).toBe('AWS::Lambda::Version');
});

test('it may call this one function, report to this one application and write its log', () => {
  const { template } = deployed();
  const statements = identityStatements(template).filter(({ owner }) => owner.includes('SmokeTest'));
  expect(statements.map(({ actions }) => actions)).toEqual([
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    ['lambda:InvokeFunction'],
    ['codedeploy:PutLifecycleEventHookExecutionStatus'],
  ]);
  expect(statements.map(({ resources }) => references(resources)[0]?.replace(/[0-9A-F]{8}$/, ''))).toEqual([
    'FraudRolloutSmokeTestLogs',
    'FraudFunction',
    expect.anything(),
  ]);
  expect(statements[1].resources).toEqual([
    { 'Fn::Join': ['', [{ 'Fn::GetAtt': [expect.stringMatching(/^FraudFunction/), 'Arn'] }, ':*']] },
  ]);
  expect(references(statements[2].resources).at(-1)).toMatch(/^FraudRolloutApplication/);
});

test('its log is kept and encrypted like the others', () => {
  const { stack } = deployed();
  Template.fromStack(stack).hasResourceProperties('AWS::Logs::LogGroup', {
    RetentionInDays: 90,
    KmsKeyId: Match.absent(),
  });
  const other = new Stack(testApp(), 'Other');
  const encryptionKey = new kms.Key(other, 'Key');
  new ServerlessInference(other, 'Fraud', { model: tinyModel(), encryptionKey });
  Template.fromStack(other).allResourcesProperties('AWS::Logs::LogGroup', {
    KmsKeyId: other.resolve(encryptionKey.keyArn),
  });
});

test('without examples, a schema for which no instance can be made up is refused with the way out', () => {
  const schema = { type: 'object', properties: { code: { type: 'string', pattern: '^[A-Z]{3}-[0-9]+$' } } };
  expect(() => deployed({ schema })).toThrow(/smoke-test-instance|give the model an example/);
});

test('with a key of yours its role may read its environment', () => {
  const stack = new Stack(testApp(), 'Stack');
  new ServerlessInference(stack, 'Fraud', { model: tinyModel(), encryptionKey: new kms.Key(stack, 'Key') });
  const policies = Object.entries(plain(stack).Resources).filter(
    ([id, { Type }]) => Type === 'AWS::IAM::Policy' && id.includes('SmokeTest'),
  );
  expect(JSON.stringify(policies)).toContain('kms:Decrypt');
});

test('the examples of a container are whole requests, unless its instances are described', () => {
  const examples = [{ input: { prompt: 'one and one' }, expected: { text: 'two' } }];
  const input = InputSchema.fromJsonSchema({ type: 'object', properties: { prompt: { type: 'string' } } });
  expect(casesOf(new Stack(), containerModel({}, { examples })).asIs).toBe(true);
  expect(casesOf(new Stack(), containerModel({}, { examples, input })).asIs).toBeUndefined();
  expect(casesOf(new Stack(), tinyModel()).asIs).toBeUndefined();
});
