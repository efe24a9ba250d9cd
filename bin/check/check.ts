import * as fs from 'node:fs';
import * as path from 'node:path';
import { requireRule, withoutAcknowledged } from '../../lib/checks/acknowledgement';
import { compareWithBaseline, parseBaseline } from '../../lib/checks/baseline';
import { type Finding, findingsIn } from '../../lib/checks/finding';
import { type NotJudged, notJudged } from '../../lib/checks/not-judged';
import { KNOWN_IDS } from '../../lib/checks/known-ids';
import { FAMILIES } from '../../lib/checks/rules/all-rules';
import type { Severity } from '../../lib/checks/rules/rule';
import { selectRules, unknownName } from '../../lib/checks/selection';
import { resolveAssembly } from '../../lib/checks/template/resolved-assembly';
import { linesOfResources } from './parse-template';
import { type ConstructNotes, readTemplates } from './read-templates';
import type { Report } from './reported-finding';

const PREFIX = 'InferenceChecks::';

/** What is checked, and how. */
export interface CheckOptions {
  readonly only?: readonly string[];
  readonly off?: readonly string[];
  readonly baseline?: string;
}

/** What was checked, and what is beside the findings. */
export interface Checked {
  readonly report: Report;
  readonly notJudged: () => readonly NotJudged[];
  /** Entries of the baseline that were not found any more. */
  readonly gone: number;
}

/** Checks templates and synthesized apps. */
export function check(paths: readonly string[], { only, off = [], baseline }: CheckOptions): Checked {
  const [unknown] = [
    ...(only ?? []).flatMap((name) => unknownName('--only', name, FAMILIES)),
    ...off.flatMap((name) => unknownName('--off', name, FAMILIES)),
  ];
  if (unknown !== undefined) {
    throw new Error(`${unknown.message}: ${unknown.fix}`);
  }
  const selection = { rules: only, severities: Object.fromEntries(off.map((name) => [name, 'off' as const])) };
  const selected = selectRules(selection, FAMILIES);
  const { files, notes } = readTemplates(paths);
  const templates = resolveAssembly(files);
  const open = withoutAcknowledged(findingsIn(templates, selected), templates, KNOWN_IDS).filter(
    notAcknowledgedAtConstruct(notes),
  );
  const known = baseline === undefined ? [] : parseBaseline(baseline, readBaseline(baseline), KNOWN_IDS);
  // What was not looked for is not gone.
  const soughtIds = selected.map(({ rule }) => rule.id);
  const soughtFiles = files.map(({ file }) => path.basename(file));
  const { fresh, gone } = compareWithBaseline(
    open,
    known.filter(({ id, template }) => soughtIds.includes(id) && soughtFiles.includes(template)),
  );
  return {
    report: {
      findings: fresh.map(({ rule, severity, file, resource, message }) => ({
        id: rule.id,
        severity,
        template: file,
        resource: resource.logicalId,
        message,
        fix: rule.fix,
        see: rule.see,
      })),
      rules: selected.map(({ rule: { id, title, fix, see }, severity }) => ({ id, severity, title, fix, see })),
      templates: files.map(({ file }) => file),
      constructOf: (file, logicalId) => {
        const resource = templates.find((each) => each.file === file)?.resolved.resourceOf(logicalId);
        return resource === undefined ? undefined : constructOf({ file, resource }, notes);
      },
      lineOf: linesIn(),
    },
    notJudged: () => notJudged(templates, selected),
    gone: gone.length,
  };
}

/** Whether anything is as bad as that. */
export function fails({ findings }: Pick<Report, 'findings'>, failOn: Severity): boolean {
  return findings.some(({ severity }) => severity === 'error' || failOn === 'warning');
}

/** What was found, and where. */
type Place = Pick<Finding, 'file' | 'resource'> & { readonly rule: { readonly id: string } };

/** An app acknowledges findings at the construct that they are about, or at one above it. */
export function notAcknowledgedAtConstruct(notes: ConstructNotes): (finding: Place) => boolean {
  const ours = notes.acknowledged
    .filter(({ id }) => id.startsWith(PREFIX))
    .map(({ id, path: construct }) => ({ id: id.slice(PREFIX.length), construct }));
  ours.forEach(({ id, construct }) => requireRule(`construct '${construct}'`, id, KNOWN_IDS));
  return (finding) => {
    const place = constructOf(finding, notes);
    return (
      place === undefined ||
      !ours.some(({ id, construct }) => id === finding.rule.id && `${place}/`.startsWith(`${construct}/`))
    );
  };
}

export function constructOf(
  { file, resource }: Pick<Finding, 'file' | 'resource'>,
  notes: ConstructNotes,
): string | undefined {
  const named = resource.metadata['aws:cdk:path'];
  return typeof named === 'string' ? named : notes.pathOf(file, resource.logicalId);
}

function readBaseline(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}

/** The lines of resources, looked for in a file when a format asks for the first of them. */
export function linesIn(): Report['lineOf'] {
  const known = new Map<string, ReadonlyMap<string, number>>();
  return (file, resource) => {
    const lines = known.get(file) ?? linesOfResources(fs.readFileSync(file, 'utf8'));
    known.set(file, lines);
    return lines.get(resource);
  };
}
