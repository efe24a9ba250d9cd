import { FAMILIES } from '../../../lib/checks/rules/all-rules';
import { type Rule } from '../../../lib/checks/rules/rule';
import { type Families, selectRules, similar, unknownName, unknownNames } from '../../../lib/checks/selection';

const rule = (id: string, severity: Rule['severity'] = 'error'): Rule => ({
  id,
  severity,
  title: id,
  fix: id,
  see: id,
  check: () => [],
});
const TWO: Families = { fruit: [rule('apple-red'), rule('pear-soft', 'warning')], stone: [rule('stone-hard')] };
const selected = (selection: Parameters<typeof selectRules>[0]) =>
  selectRules(selection, TWO).map(({ rule: { id }, severity }) => `${id} ${severity}`);

test('without a selection all rules run, as bad as they say, in the order of families', () => {
  expect(selected({})).toEqual(['apple-red error', 'pear-soft warning', 'stone-hard error']);
  expect(selectRules({}, FAMILIES)).toHaveLength(Object.values(FAMILIES).flat().length);
});

test('an empty selection runs none', () => {
  expect(selected({ rules: [] })).toEqual([]);
});

test('a rule is chosen by its id or its family, once', () => {
  expect(selected({ rules: ['pear-soft', 'stone'] })).toEqual(['pear-soft warning', 'stone-hard error']);
  expect(selected({ rules: ['fruit', 'apple-red'] })).toEqual(['apple-red error', 'pear-soft warning']);
});

test('what is said of a rule goes before what is said of its family', () => {
  expect(selected({ severities: { fruit: 'off', 'apple-red': 'warning' } })).toEqual([
    'apple-red warning',
    'stone-hard error',
  ]);
  expect(selected({ severities: { fruit: 'error', 'pear-soft': 'off' } })).toEqual([
    'apple-red error',
    'stone-hard error',
  ]);
});

test('what is chosen and turned off does not run', () => {
  expect(selected({ rules: ['stone'], severities: { 'stone-hard': 'off' } })).toEqual([]);
});

test('every name that is neither a rule nor a family is told, with where it was given', () => {
  const names = unknownNames(
    { rules: ['fruit', 'apple-reddish'], severities: { 'pear-soft': 'off', stones: 'off' } },
    TWO,
  );
  expect(names.map(({ message }) => message)).toEqual([
    "'rules' names 'apple-reddish', which is neither a rule nor a family",
    "'severities' names 'stones', which is neither a rule nor a family",
  ]);
  expect(names[0].fix).toBe(
    "name a family (fruit, stone) or a rule, such as 'apple-red'; 'inference-patterns rules' lists them",
  );
});

test.each(['constructor', 'toString', '__proto__', ''])("'%s', which every object has, is no family", (name) => {
  expect(unknownName('rules', name, TWO)).toHaveLength(1);
});

test.each([
  ['apple-reddish', ", such as 'apple-red'"],
  ['soft-pear', ", such as 'pear-soft'"],
  ['stones-hard', ", such as 'stone-hard'"],
  ['nothing-alike', ''],
  ['', ''],
])("'%s' is like%s", (name, hint) => {
  expect(similar(name, ['apple-red', 'pear-soft', 'stone-hard'])).toBe(hint);
});

test('nothing is like a name where there is nothing', () => {
  expect(similar('apple', [])).toBe('');
});
