/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument -- templates are read as plain data */
import * as fc from 'fast-check';
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { withoutAcknowledged } from '../../../../lib/checks/acknowledgement';
import { findingsIn } from '../../../../lib/checks/finding';
import { FAMILIES as RULE_FAMILIES, RULES } from '../../../../lib/checks/rules/all-rules';
import { selectRules } from '../../../../lib/checks/selection';
import { ResolvedTemplate } from '../../../../lib/checks/template/resolved-template';
import { SAMPLES } from '../../../helpers/samples';
import { plain, testApp } from '../../../helpers/synth';
import { family as endpoints } from './families/endpoints-and-alarms';
import type { Family } from './family';

const FOLDER = path.join(__dirname, 'families');
const FAMILIES: Readonly<Record<string, Family>> = Object.fromEntries(
  readdirSync(FOLDER).map((file) => [
    file.replace(/\.ts$/, ''),
    jest.requireActual<{ family: Family }>(path.join(FOLDER, file)).family,
  ]),
);
const MISTAKES = Object.values(FAMILIES).flatMap(({ correct, mistakes }) =>
  Object.entries(mistakes).map(([id, plant]) => [id, correct, plant] as const),
);

const ALL = selectRules({}, RULE_FAMILIES);
const findings = (template: unknown) =>
  findingsIn([{ file: 'app.json', resolved: new ResolvedTemplate(template) }], ALL);
const idsOf = (template: unknown): string[] => findings(template).map(({ rule }) => rule.id);

test.each(Object.entries(FAMILIES))('the correct template of %s has no finding', (_, { correct }) => {
  expect(findings(correct()).map(({ rule, message }) => [rule.id, message])).toEqual([]);
});

test.each(Object.keys(SAMPLES))(
  'the sample stack %s has none, but for what its resources answer themselves',
  (name) => {
    const templates = [{ file: 'app.json', resolved: new ResolvedTemplate(plain(SAMPLES[name].complete(testApp()))) }];
    const open = withoutAcknowledged(findingsIn(templates, ALL), templates, new Set(RULES.map(({ id }) => id)));
    expect(open.map(({ rule, message }) => [rule.id, message])).toEqual([]);
  },
);

test.each(MISTAKES)('%s speaks of its mistake, and no other rule does', (id, correct, plant) => {
  const template = correct();
  plant(template);
  expect(idsOf(JSON.parse(JSON.stringify(template)))).toEqual([id]);
});

test('there is a mistake for every rule', () => {
  expect(MISTAKES.map(([id]) => id).sort()).toEqual(RULES.map(({ id }) => id).sort());
});

test('what is known only at deployment is not judged', () => {
  const template = endpoints.correct();
  const { Endpoint, Config, NewFleet, Slow } = template.Resources;
  const deployment = Endpoint.Properties.DeploymentConfig;
  const routing = deployment.BlueGreenUpdatePolicy.TrafficRoutingConfiguration;
  template.Parameters.Any = { Type: 'String' };
  const unknown = { Ref: 'Any' };
  Config.Properties.ProductionVariants[0].InitialInstanceCount = unknown;
  routing.CanarySize = unknown;
  routing.WaitIntervalInSeconds = unknown;
  deployment.BlueGreenUpdatePolicy.TerminationWaitInSeconds = unknown;
  deployment.AutoRollbackConfiguration = unknown;
  NewFleet.Properties.Threshold = unknown;
  NewFleet.Properties.MetricName = unknown;
  NewFleet.Properties.AlarmActions = [unknown];
  Slow.Properties.Dimensions = unknown;
  Slow.Properties.EvaluationPeriods = unknown;
  Slow.Properties.TreatMissingData = { 'Fn::If': ['Some', 'ignore', 'missing'] };
  expect(idsOf(template)).toEqual([]);
});

test('a step of a rollout is judged by the instances that scaling leaves at least', () => {
  const template = endpoints.correct();
  template.Resources.Instances.Properties.MinCapacity = 3;
  expect(idsOf(template)).toEqual(['endpoint-step-below-instance']);
});

test('an endpoint that names alarms and no policy shifts at once, and is not watched', () => {
  const template = endpoints.correct();
  delete template.Resources.Endpoint.Properties.DeploymentConfig.BlueGreenUpdatePolicy;
  expect(idsOf(template)).toEqual(['endpoint-no-final-bake']);
});

test('no template, however strange, makes a rule throw', () => {
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(null, '', 'CANARY', 'chat', -1, 0, 1e9, true, [], {}),
    fc.string(),
    fc.constantFrom<unknown>(
      { Ref: 'Endpoint' },
      { Ref: 1 },
      { 'Fn::GetAtt': [] },
      { 'Fn::GetAtt': 'Config.EndpointConfigName' },
      { 'Fn::Join': ['', 5] },
      { 'Fn::Sub': '${Function}:${!x}:${Gone.Arn}' },
      { 'Fn::Sub': [1, 2] },
      { 'Fn::If': [] },
      { 'Fn::FindInMap': ['Sizes'] },
      { 'Fn::Select': [9, ['a']] },
      { 'Fn::Gone': {} },
    ),
  );
  for (const { correct } of Object.values(FAMILIES)) {
    const paths = pathsOf(correct());
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...paths), leaf), { maxLength: 6 }), (changes) => {
        const template = correct();
        changes.forEach(([at, value]) => put(template, at, structuredClone(value)));
        expect(() => idsOf(template)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  }
  for (const strange of [
    undefined,
    null,
    5,
    'x',
    [],
    {},
    { Resources: [] },
    { Resources: { A: null, B: { Type: 1 } } },
  ]) {
    expect(idsOf(strange)).toEqual([]);
  }
});

function pathsOf(value: any, at: readonly string[] = []): (readonly string[])[] {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [[...at, key], ...pathsOf(inner, [...at, key])])
    : [];
}

function put(target: any, at: readonly string[], value: unknown): void {
  const [last] = at.slice(-1);
  const holder = at.slice(0, -1).reduce((inner, key) => inner?.[key], target);
  if (typeof holder === 'object' && holder !== null) {
    holder[last] = value;
  }
}
