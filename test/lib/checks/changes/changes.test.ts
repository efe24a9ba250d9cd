/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import * as fc from 'fast-check';
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { CHANGE_RULES } from '../../../../lib/checks/changes/all-changes';
import { findingsIn } from '../../../../lib/checks/finding';
import { FAMILIES as RULE_FAMILIES } from '../../../../lib/checks/rules/all-rules';
import { selectRules } from '../../../../lib/checks/selection';
import type { ChangeFamily } from './change-family';
import { changes, idsOf, resolve, template } from './compare';

const FOLDER = path.join(__dirname, 'families');
const FAMILIES = readdirSync(FOLDER).map(
  (file) => jest.requireActual<{ family: ChangeFamily }>(path.join(FOLDER, file)).family,
);
const DANGERS = FAMILIES.flatMap(({ correct, dangers }) =>
  Object.entries(dangers).map(([id, danger]) => ({ id, correct, ...danger })),
);
const HARMLESS = DANGERS.flatMap(({ id, correct, before, harmless }) =>
  Object.entries(harmless).map(([name, change]) => ({ id, name, correct, before, change })),
);
const UNKNOWN: Readonly<Record<string, unknown>> = {
  'a parameter': { Ref: 'Any' },
  'an Fn::If': { 'Fn::If': ['Some', 'one', 'other'] },
  'an Fn::ImportValue': { 'Fn::ImportValue': 'somewhere-else' },
};

const ALL = selectRules({}, RULE_FAMILIES);

const mistakesIn = (content: unknown) =>
  findingsIn(resolve(content), ALL).map(({ rule, resource, message }) => [rule.id, resource.logicalId, message]);

test('there is a dangerous change for every rule', () => {
  expect(DANGERS.map(({ id }) => id).sort()).toEqual(CHANGE_RULES.map(({ id }) => id).sort());
});

test.each(CHANGE_RULES)('$id tells the safe order of steps', ({ fix }) => {
  const steps = fix.split('; ').map((step) => step.split('. ')[0]);
  expect(steps.length).toBeGreaterThan(1);
  expect(steps).toEqual(steps.map((_, index) => String(index + 1)));
});

describe.each(DANGERS)('$id', ({ id, correct, before, change, unknown }) => {
  const old = template(correct, before);
  const now = template(correct, before, change);

  test('speaks of its change alone', () => {
    expect(idsOf(old, now)).toEqual([id]);
  });

  test('is about two templates that are fine, each by itself', () => {
    expect(mistakesIn(old)).toEqual([]);
    expect(mistakesIn(now)).toEqual([]);
  });

  test('does not speak when nothing changes', () => {
    expect(idsOf(old, old)).toEqual([]);
    expect(idsOf(now, now)).toEqual([]);
  });

  test.each(Object.entries(UNKNOWN))('does not judge %s on either side', (_, value) => {
    const put = (content: any): void => unknown(content, value);
    const oldUnknown = template(correct, before, put);
    const nowUnknown = template(correct, before, change, put);
    expect(idsOf(oldUnknown, now)).toEqual([]);
    expect(idsOf(oldUnknown, nowUnknown)).toEqual([]);
    // What is deleted has nothing unknown on the new side.
    expect(idsOf(old, nowUnknown)).toEqual(JSON.stringify(nowUnknown) === JSON.stringify(now) ? [id] : []);
  });
});

test.each(HARMLESS)('no rule speaks of $name (beside $id)', ({ correct, before, change }) => {
  expect(changes(template(correct, before), template(correct, before, change)).map(({ message }) => message)).toEqual(
    [],
  );
});

test('no pair of templates, however strange, makes a rule throw', () => {
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(null, '', 'CANARY', 'constructor', -1, 0, true, [], {}, [null], 'alias/aws/sqs'),
    fc.constantFrom<unknown>(
      { Ref: 'Endpoint' },
      { Ref: 'Orders' },
      { Ref: 'AWS::NoValue' },
      { 'Fn::GetAtt': 'Config.EndpointConfigName' },
      { 'Fn::Sub': '${Function}:${AWS::Region}:${Gone.Arn}' },
      { 'Fn::If': ['x'] },
      { 'Fn::GetAtt': [] },
    ),
  );
  for (const { correct, dangers } of FAMILIES) {
    const edits = Object.values(dangers).flatMap(({ before, change }) => [undefined, before, change]);
    const paths = pathsOf(correct());
    const strange = fc.record({
      edit: fc.constantFrom(...edits),
      changes: fc.array(fc.tuple(fc.constantFrom(...paths), leaf), { maxLength: 6 }),
    });
    fc.assert(
      fc.property(strange, strange, (one, other) => {
        const [old, now] = [one, other].map((each) => {
          const made = template(correct, each.edit);
          each.changes.forEach(([at, value]) => put(made, at, structuredClone(value)));
          return made;
        });
        expect(() => changes(old, now)).not.toThrow();
        expect(idsOf(old, old)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  }
  const odd = [undefined, null, 5, 'x', [], {}, { Resources: [] }, { Resources: { A: null, B: { Type: 1 } } }];
  for (const one of odd) {
    for (const other of odd) {
      expect(idsOf(one, other)).toEqual([]);
    }
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
