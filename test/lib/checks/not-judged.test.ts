import { notJudged } from '../../../lib/checks/not-judged';
import { perResource, type Rule } from '../../../lib/checks/rules/rule';
import { resolveAssembly } from '../../../lib/checks/template/resolved-assembly';
import { at, has, listAt, numberAt, type Resolved, textAt } from '../../../lib/checks/template/resolved-value';

const rule = (id: string, look: (properties: Resolved) => unknown): Rule =>
  perResource(['T'], { id, severity: 'error', title: '', fix: '', see: '' }, ({ properties }) => void look(properties));

const RULES = [
  rule('size', (properties) => numberAt(properties, 'Size', 'Value')),
  rule('list', (properties) => listAt(properties, 'List').map((item) => textAt(item, 'Name'))),
  rule('name', (properties) => [textAt(properties, 'Name'), has(properties, 'Name')]),
];

function told(properties: object, rules: readonly Rule[] = RULES): string[] {
  const template = { Parameters: { P: { Type: 'String' } }, Resources: { A: { Type: 'T', Properties: properties } } };
  const resolved = resolveAssembly([{ file: 'app.json', template }]);
  const found = notJudged(
    resolved,
    rules.map((each) => ({ rule: each, severity: 'error' })),
  );
  return found.map(({ file, resource, property, source, rules: ids }) =>
    [file, resource, property, source, ...ids].join(' '),
  );
}

test.each([
  ['a parameter', { Size: { Value: { Ref: 'P' } } }, ['app.json A Size.Value parameter P size']],
  ['something around what was asked for', { Size: { Ref: 'P' } }, ['app.json A Size parameter P size']],
  ['an item of a list', { List: [{ Name: 'a' }, { Name: { Ref: 'P' } }] }, ['app.json A List.1.Name parameter P list']],
  ['a piece of a text', { Name: { 'Fn::Sub': '${AWS::Region}-a' } }, ['app.json A Name AWS::Region name']],
  ['an open condition', { Name: { 'Fn::If': ['C', 'a', 'b'] } }, ['app.json A Name Fn::If name']],
  ['an import', { Name: { 'Fn::ImportValue': 'x' } }, ['app.json A Name export x name']],
])('%s is told, with the rules that asked', (_, properties, lines) => {
  expect(told(properties)).toEqual(lines);
});

test('what is known, or what no rule asked for, is not told', () => {
  expect(told({ Name: 'a', Size: { Value: 5 }, Other: { Ref: 'P' } })).toEqual([]);
  expect(told({ Name: { Ref: 'P' } }, [RULES[0]])).toEqual([]);
});

test('several rules that asked are told once', () => {
  const again = rule('again', (properties) => at(properties, 'Name'));
  expect(told({ Name: { Ref: 'P' } }, [...RULES, again])).toEqual(['app.json A Name parameter P name again']);
});

test('a rule that looks while nobody asks tells nobody', () => {
  expect(told({ Name: { Ref: 'P' } }, [])).toEqual([]);
});
