import type { Fault } from './bounds/fault';
import type { Rule, Severity } from './rules/rule';

/** Which rules run, and how bad what they find is. */
export interface Selection {
  /** Ids of rules, or names of their families. Absent: all. */
  readonly rules?: readonly string[];
  /** By rule or family: another severity, or `off`. What is said of a rule goes before what is said of its family. */
  readonly severities?: { readonly [rule: string]: Severity | 'off' };
}

/** A rule that runs, and how bad what it finds is. */
export interface SelectedRule {
  readonly rule: Rule;
  readonly severity: Severity;
}

export type Families = Readonly<Record<string, readonly Rule[]>>;

/** The rules that run. */
export function selectRules({ rules, severities = {} }: Selection, families: Families): readonly SelectedRule[] {
  return Object.entries(families).flatMap(([family, members]) =>
    members
      .filter(({ id }) => rules === undefined || rules.includes(id) || rules.includes(family))
      .map((rule) => ({ rule, severity: severities[rule.id] ?? severities[family] ?? rule.severity }))
      .filter((selected): selected is SelectedRule => selected.severity !== 'off'),
  );
}

/** Names in a selection that are neither a rule nor a family. */
export function unknownNames({ rules = [], severities = {} }: Selection, families: Families): readonly Fault[] {
  return [
    ...rules.flatMap((name) => unknownName('rules', name, families)),
    ...Object.keys(severities).flatMap((name) => unknownName('severities', name, families)),
  ];
}

/** What is wrong with a name that some option gives. */
export function unknownName(prop: string, name: string, families: Families): readonly Fault[] {
  const ids = Object.values(families).flatMap((members) => members.map(({ id }) => id));
  return Object.hasOwn(families, name) || ids.includes(name)
    ? []
    : [
        {
          id: 'checks-unknown-rule',
          message: `'${prop}' names '${name}', which is neither a rule nor a family`,
          fix: `name a family (${Object.keys(families).join(', ')}) or a rule${similar(name, ids)}; 'inference-patterns rules' lists them`,
        },
      ];
}

/** The id that shares most words with a name, as a hint. */
export function similar(name: string, ids: readonly string[]): string {
  const words = name.split('-');
  const score = (id: string): number => {
    const others = id.split('-');
    const shared = words.filter((word) => others.some((other) => other.startsWith(word) || word.startsWith(other)));
    return 2 * shared.length - others.length;
  };
  const [best] = ids.map((id) => ({ id, score: score(id) })).sort((one, other) => other.score - one.score);
  return best !== undefined && best.score > 0 ? `, such as '${best.id}'` : '';
}
