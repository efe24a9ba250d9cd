import { compareWithBaseline, parseBaseline } from '../../../lib/checks/baseline';
import { type Finding, findingsIn } from '../../../lib/checks/finding';
import type { Rule } from '../../../lib/checks/rules/rule';
import { ResolvedTemplate } from '../../../lib/checks/template/resolved-template';

const rule = (id: string): Rule => ({
  id,
  severity: 'error',
  title: '',
  fix: '',
  see: '',
  *check(template) {
    yield* template.resources.map(({ logicalId }) => ({ resource: logicalId, message: 'one' }));
    yield* template.resources.map(({ logicalId }) => ({ resource: logicalId, message: 'two' }));
  },
});
const resolved = new ResolvedTemplate({ Resources: { A: { Type: 'T' }, B: { Type: 'T' } } });
const findings = findingsIn([{ file: 'some/where/app.json', resolved }], [{ rule: rule('r'), severity: 'error' }]);
const told = (found: readonly Finding[]): string[] =>
  found.map(({ resource, message }) => `${resource.logicalId} ${message}`);

test('an entry knows all that its rule says of its resource, and nothing of others', () => {
  const { fresh, gone } = compareWithBaseline(findings, [{ id: 'r', template: 'app.json', resource: 'A' }]);
  expect(told(fresh)).toEqual(['B one', 'B two']);
  expect(gone).toEqual([]);
});

test.each([
  { id: 'other', template: 'app.json', resource: 'A' },
  { id: 'r', template: 'other.json', resource: 'A' },
  { id: 'r', template: 'app.json', resource: 'C' },
])('%j is not found any more', (entry) => {
  const { fresh, gone } = compareWithBaseline(findings, [entry]);
  expect(fresh).toEqual(findings);
  expect(gone).toEqual([entry]);
});

test('folders do not matter: what was written in one place is read in another', () => {
  const text = JSON.stringify([{ id: 'r', template: '/build/42/cdk.out/app.json', resource: 'A', message: 'x' }]);
  const known = parseBaseline('b.json', text, new Set(['r']));
  expect(known).toEqual([{ id: 'r', template: 'app.json', resource: 'A' }]);
  expect(told(compareWithBaseline(findings, known).fresh)).toEqual(['B one', 'B two']);
});

test('an empty baseline knows nothing', () => {
  expect(parseBaseline('b.json', '[]', new Set())).toEqual([]);
  expect(compareWithBaseline([], [])).toEqual({ fresh: [], gone: [] });
});

test.each(['null', '5', '"r"', '{"id": "r"}'])('%s is no baseline', (text) => {
  expect(() => parseBaseline('b.json', text, new Set(['r']))).toThrow('b.json is no baseline');
});

test.each([
  '[null]',
  '[[]]',
  '["r"]',
  '[{"id": 5, "template": "a", "resource": "A"}]',
  '[{"id": "r", "template": "a"}]',
])('%s has an entry that is none', (text) => {
  expect(() => parseBaseline('b.json', text, new Set(['r']))).toThrow(
    "b.json: entry 1 lacks 'id', 'template' or 'resource'",
  );
});
