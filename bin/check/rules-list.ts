import Table from 'cli-table3';
import { CHANGE_FAMILIES } from '../../lib/checks/changes/all-changes';
import { FAMILIES } from '../../lib/checks/rules/all-rules';
import { FACTS_AS_OF, type RuleDefinition } from '../../lib/checks/rules/rule';

const ALL: Readonly<Record<string, readonly RuleDefinition[]>> = { ...FAMILIES, ...CHANGE_FAMILIES };

/** Ways to list the rules. */
export const RULE_FORMATS = ['table', 'json', 'markdown'] as const;
export type RuleFormat = (typeof RULE_FORMATS)[number];

/** All rules, by their families. */
export function listRules(format: RuleFormat): string {
  switch (format) {
    case 'table':
      return asTable();
    case 'json':
      return JSON.stringify(
        Object.entries(ALL).flatMap(([family, rules]) =>
          rules.map(({ id, severity, title, fix, see, asOf = FACTS_AS_OF }) => ({
            id,
            family,
            severity,
            title,
            fix,
            see,
            asOf,
          })),
        ),
        undefined,
        2,
      );
    case 'markdown':
      return asMarkdown();
  }
}

function asTable(): string {
  const table = new Table({ head: ['rule', 'severity', 'what holds'], style: { head: [], border: [] } });
  Object.values(ALL)
    .flat()
    .forEach(({ id, severity, title }) => table.push([id, severity, title]));
  return table.toString();
}

/** A table per family, as the documentation has it. */
function asMarkdown(): string {
  return Object.entries(ALL)
    .map(([family, rules]) =>
      [
        `## ${family}`,
        '',
        '| rule | severity | what holds | fix |',
        '| --- | --- | --- | --- |',
        ...rules.map(
          ({ id, severity, title, fix, see }) =>
            `| [\`${id}\`](${see}) | ${severity} | ${cell(title)} | ${cell(fix)} |`,
        ),
      ].join('\n'),
    )
    .join('\n\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '\\<').replaceAll('*', '\\*');
}

/** One rule in full, or nothing where there is none. */
export function explainRule(id: string): string | undefined {
  for (const [family, rules] of Object.entries(ALL)) {
    const rule = rules.find((each) => each.id === id);
    if (rule !== undefined) {
      return [
        `${rule.id} (${rule.severity}, family ${family})`,
        rule.title,
        `fix: ${rule.fix}`,
        `see: ${rule.see} (compared ${rule.asOf ?? FACTS_AS_OF})`,
      ].join('\n');
    }
  }
  return undefined;
}
