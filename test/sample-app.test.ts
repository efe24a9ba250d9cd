/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- templates and documents are read as plain data */
import type { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { RELEASES, type Release } from '../bin/sample/breast-cancer';
import { changesIn } from '../lib/checks/changes/found-changes';
import { resolveAssembly } from '../lib/checks/template/resolved-assembly';
import { deafAlarms, unpublishedMetrics } from './helpers/published-metrics';
import { SAMPLES } from './helpers/samples';
import { type PlainTemplate, plain, testApp } from './helpers/synth';

const NAMES = Object.keys(SAMPLES);

const serverless = (modelVersion: Release = '1.0.0'): Stack =>
  SAMPLES.InferenceServerless.complete(testApp(), modelVersion);

/** What changes with every build or content, and tells a reader of a difference nothing, gets a word instead. */
function normalized(template: PlainTemplate): unknown {
  const text = JSON.stringify(template)
    // Logical ids of versions and deployments end in the digest of their content.
    .replace(/(CurrentVersion[0-9A-F]{8}|Deployment[0-9A-F]{8})[0-9a-f]{32}/g, '$1<content>')
    .replace(/(NewVersion\w+?[0-9A-F]{8})[0-9a-f]{8}/g, '$1<content>')
    .replace(/(NewFleet(?:Errors|Latency)[0-9A-F]{8})[0-9A-F]{8}/g, '$1<content>')
    .replace(/(container-assets-[^"]*:)[0-9a-f]{64}/g, '$1<image>')
    .replace(/"S3Key":"[0-9a-f]{64}(\.\w+)"/g, '"S3Key":"<asset>$1"')
    .replace(/(breast-cancer [\w.-]+) \([0-9a-f]{8}\)/g, '$1 (<digest>)');
  const { Parameters: _, Rules: __, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return rest;
}

/** One line per word of the dashboard, so that a difference in it can be read. */
function readable(value: any): any {
  if (Array.isArray(value)) {
    return value.map(readable);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries<any>(value).map(([key, inner]) => [
      key,
      key === 'DashboardBody' ? dashboard(inner) : readable(inner),
    ]),
  );
}

function dashboard(body: any): unknown {
  const [text, values] = body['Fn::Sub'] ?? [undefined, undefined];
  return text === undefined ? readable(body) : { 'Fn::Sub': [JSON.parse(text), values] };
}

test.each(NAMES)('the stack %s is as it was', (name) => {
  expect(readable(normalized(plain(SAMPLES[name].complete(testApp()))))).toMatchSnapshot();
});

test('a release changes what is served, and nothing around it', () => {
  const [before, after] = (['1.0.0', '2.0.0'] as const).map((version) => plain(serverless(version)));
  const changed = Object.keys({ ...before.Resources, ...after.Resources }).filter(
    (id) => JSON.stringify(before.Resources[id]) !== JSON.stringify(after.Resources[id]),
  );
  const kinds = [
    ...new Set(changed.map((id) => (before.Resources[id] ?? after.Resources[id]).Type.replace('AWS::', ''))),
  ].sort();
  expect(kinds).toEqual([
    'CloudWatch::Alarm',
    'CloudWatch::Dashboard',
    'CodeDeploy::DeploymentGroup',
    'Lambda::Alias',
    'Lambda::Function',
    'Lambda::Version',
  ]);
  expect(
    changed
      .filter((id) => before.Resources[id]?.Type === 'AWS::CloudWatch::Alarm')
      .every((id) => id.includes('NewVersion')),
  ).toBe(true);
});

test.each(NAMES.flatMap((name) => (Object.keys(RELEASES) as Release[]).map((version) => [name, version] as const)))(
  '%s with release %s: nothing is warned about',
  (name, version) => {
    const stack = SAMPLES[name].complete(testApp(), version);
    expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  },
);

test.each(NAMES)('%s: every alarm and widget is alive', (name) => {
  const template = plain(SAMPLES[name].complete(testApp()));
  expect([...unpublishedMetrics(template), ...deafAlarms(template)]).toEqual([]);
});

test.each([
  ['InferenceServerless', 55],
  ['InferenceEndpoint', 75],
  ['InferenceLanguageModel', 40],
  ['InferenceBatch', 45],
])('%s stays small enough to read', (name, most) => {
  expect(Object.keys(plain(SAMPLES[name].complete(testApp())).Resources).length).toBeLessThanOrEqual(most);
});

test('a release of the endpoint makes its model, its configuration and its rollback alarms anew, and nothing else', () => {
  const [before, after] = (['1.0.0', '3.0.0-slow'] as const).map((version) =>
    plain(SAMPLES.InferenceEndpoint.complete(testApp(), version)),
  );
  const changed = Object.keys({ ...before.Resources, ...after.Resources }).filter(
    (id) => JSON.stringify(before.Resources[id]) !== JSON.stringify(after.Resources[id]),
  );
  const kinds = changed.map((id) => (before.Resources[id] ?? after.Resources[id]).Type.replace('AWS::', ''));
  expect([...new Set(kinds)].sort()).toEqual([
    'ApiGateway::Deployment',
    'ApiGateway::Method',
    'ApiGateway::Stage',
    'CloudWatch::Alarm',
    'Custom::EndpointDeploymentCheck',
    'IAM::Policy',
    'SageMaker::Endpoint',
    'SageMaker::Model',
  ]);
});

test.each([
  ['InferenceServerless', '1.0.0', '2.0.0'],
  ['InferenceServerless', '2.0.0', '3.0.0-throws'],
  ['InferenceEndpoint', '1.0.0', '2.0.0'],
  ['InferenceBatch', '1.0.0', '2.0.0'],
] as const)('%s: the release %s becomes %s without a dangerous change', (name, from, to) => {
  const [before, after] = [from, to].map((version) =>
    resolveAssembly([{ file: 'app.json', template: plain(SAMPLES[name].complete(testApp(), version)) }]),
  );
  expect(changesIn(before, after).map(({ rule, message }) => [rule.id, message])).toEqual([]);
});
