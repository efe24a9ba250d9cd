/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- templates and documents are read as plain data */
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { RELEASES, type Release } from '../bin/sample/breast-cancer';
import { acknowledgeServerless } from '../bin/sample/serverless-acknowledgements';
import { ServerlessStack } from '../bin/sample/serverless-stack';
import { deafAlarms, unpublishedMetrics } from './helpers/published-metrics';
import { type PlainTemplate, plain, testApp } from './helpers/synth';

function serverless(modelVersion: Release = '1.0.0'): ServerlessStack {
  const stack = new ServerlessStack(testApp(), 'InferenceServerless', { modelVersion });
  acknowledgeServerless(stack);
  return stack;
}

/** What changes with every build or content, and tells a reader of a difference nothing, gets a word instead. */
function normalized(template: PlainTemplate): unknown {
  const text = JSON.stringify(template)
    // Logical ids of versions and deployments end in the digest of their content.
    .replace(/(CurrentVersion[0-9A-F]{8}|Deployment[0-9A-F]{8})[0-9a-f]{32}/g, '$1<content>')
    .replace(/(NewVersion(?:Errors|Latency)[0-9A-F]{8})[0-9a-f]{8}/g, '$1<content>')
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

test('the serverless stack is as it was', () => {
  expect(readable(normalized(plain(serverless())))).toMatchSnapshot();
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

test.each(Object.keys(RELEASES) as Release[])('release %s: nothing is warned about', (version) => {
  const stack = serverless(version);
  expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
  expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
});

test('every alarm and widget is alive', () => {
  const template = plain(serverless());
  expect([...unpublishedMetrics(template), ...deafAlarms(template)]).toEqual([]);
});

test('it stays small enough to read', () => {
  expect(Object.keys(plain(serverless()).Resources).length).toBeLessThanOrEqual(55);
});
