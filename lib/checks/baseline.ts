import * as path from 'path';
import type { Finding } from './finding';
import { plainObject } from './template/resolved-value';

/** An old finding that is known and not spoken of again. */
export interface KnownFinding {
  readonly id: string;
  /** Name of the template's file, without folders. */
  readonly template: string;
  /** Logical id. */
  readonly resource: string;
}

/**
 * The old findings in a file: a JSON array of objects with at least `id`, `template` and `resource`, such as
 * `inference-patterns check --format json` writes.
 *
 * @throws with the place, when it is anything else or names a rule that does not exist
 */
export function parseBaseline(file: string, text: string, ruleIds: ReadonlySet<string>): readonly KnownFinding[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is no JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!Array.isArray(content)) {
    throw new Error(`${file} is no baseline: it must be an array of findings, as 'check --format json' writes it`);
  }
  return (content as readonly unknown[]).map((entry, index) => {
    const { id, template, resource } = plainObject(entry) ?? {};
    if (typeof id !== 'string' || typeof template !== 'string' || typeof resource !== 'string') {
      throw new Error(`${file}: entry ${index + 1} lacks 'id', 'template' or 'resource' (three texts)`);
    }
    if (!ruleIds.has(id)) {
      throw new Error(`${file}: entry ${index + 1} names the rule '${id}', which does not exist`);
    }
    return { id, template: path.basename(template), resource };
  });
}

/** Findings that are not in a baseline, and what is in the baseline and was not found any more. */
export function compareWithBaseline(
  findings: readonly Finding[],
  baseline: readonly KnownFinding[],
): { readonly fresh: readonly Finding[]; readonly gone: readonly KnownFinding[] } {
  const keyOf = ({ id, template, resource }: KnownFinding): string => JSON.stringify([id, template, resource]);
  const known = new Set(baseline.map(keyOf));
  const found = new Map(
    findings.map((finding) => [
      finding,
      keyOf({ id: finding.rule.id, template: path.basename(finding.file), resource: finding.resource.logicalId }),
    ]),
  );
  const all = new Set(found.values());
  return {
    fresh: findings.filter((finding) => !known.has(found.get(finding)!)),
    gone: baseline.filter((entry) => !all.has(keyOf(entry))),
  };
}
