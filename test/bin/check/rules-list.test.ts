import { CHANGE_RULES } from '../../../lib/checks/changes/all-changes';
import { FAMILIES, RULES } from '../../../lib/checks/rules/all-rules';
import { Workplace, COLOUR } from './command-line';

const work = new Workplace();
const ALL = [...RULES, ...CHANGE_RULES];

test('every rule is listed, those about changes too', () => {
  const { status, stdout } = work.run('rules');
  expect(status).toBe(0);
  expect(ALL.filter(({ id }) => !stdout.includes(` ${id} `))).toEqual([]);
  expect(stdout).not.toContain(COLOUR);
});

test('as JSON with family, severity, fix, page and the month of comparison', () => {
  const listed = JSON.parse(work.run('rules', '--format', 'json').stdout) as {
    id: string;
    family: string;
    asOf: string;
  }[];
  expect(listed.map(({ id }) => id)).toEqual(ALL.map(({ id }) => id));
  expect(listed[0]).toEqual({
    id: RULES[0].id,
    family: Object.keys(FAMILIES)[0],
    severity: RULES[0].severity,
    title: RULES[0].title,
    fix: RULES[0].fix,
    see: RULES[0].see,
    asOf: expect.stringMatching(/^\d{4}-\d\d$/) as string,
  });
});

test('as Markdown, in a table per family with as many cells in each row', () => {
  const lines = work.run('rules', '-f', 'markdown').stdout.split('\n');
  expect(lines.filter((line) => line.startsWith('## ')).length).toBe(Object.keys(FAMILIES).length + 4);
  const rows = lines.filter((line) => line.startsWith('| [`'));
  expect(rows).toHaveLength(ALL.length);
  expect(rows.filter((row) => row.split(/(?<!\\)\|/).length !== 6)).toEqual([]);
});

test('one is explained in full', () => {
  const { status, stdout } = work.run('rules', 'alarm-no-effect');
  const rule = RULES.find(({ id }) => id === 'alarm-no-effect')!;
  expect(status).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'alarm-no-effect (warning, family alarms)',
    rule.title,
    `fix: ${rule.fix}`,
    expect.stringContaining(`see: ${rule.see} (compared `),
    '',
  ]);
});

test('one about changes is explained as well', () => {
  expect(work.run('rules', 'change-key').stdout).toContain('family data-changes');
});
