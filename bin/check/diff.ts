import * as path from 'node:path';
import { acknowledgements } from '../../lib/checks/acknowledgement';
import { CHANGE_RULES } from '../../lib/checks/changes/all-changes';
import { KNOWN_IDS } from '../../lib/checks/known-ids';
import { type AssemblyTemplate, resolveAssembly } from '../../lib/checks/template/resolved-assembly';
import { ResolvedTemplate } from '../../lib/checks/template/resolved-template';
import { constructOf, lineOf } from './check';
import { readTemplates } from './read-templates';
import type { Report } from './reported-finding';

/** A template before and after; one that is only before is gone, and all that is in it. */
interface Pair {
  readonly before: AssemblyTemplate;
  readonly after: AssemblyTemplate;
}

/** Compares what is deployed with what would be. */
export function diff(oldPath: string, newPath: string): Report {
  const [old, now] = [oldPath, newPath].map((each) => {
    const { files, notes } = readTemplates([each]);
    return { templates: resolveAssembly(files), notes };
  });
  const found = pairs(old.templates, now.templates).flatMap(({ before, after }) =>
    CHANGE_RULES.flatMap((rule) =>
      [...rule.check(before.resolved, after.resolved)]
        .filter(({ resource }) => !isAcknowledged(rule.id, after, resource.logicalId))
        .map(({ resource, message }) => ({
          rule,
          message,
          resource,
          file: resource.template === before.resolved ? before.file : after.file,
        })),
    ),
  );
  return {
    findings: found.map(({ rule: { id, severity, fix, see }, file, resource, message }) => ({
      id,
      severity,
      template: file,
      resource: resource.logicalId,
      message,
      fix,
      see,
    })),
    rules: CHANGE_RULES.map(({ id, severity, title, fix, see }) => ({ id, severity, title, fix, see })),
    templates: [...new Set([...old.templates, ...now.templates].map(({ file }) => file))],
    constructOf: (file, logicalId) => {
      const each = found.find((finding) => finding.file === file && finding.resource.logicalId === logicalId);
      return each === undefined ? undefined : (constructOf(each, now.notes) ?? constructOf(each, old.notes));
    },
    lineOf,
  };
}

/** Templates are the same ones when their files are called the same, or when there is one on each side. */
function pairs(old: readonly AssemblyTemplate[], now: readonly AssemblyTemplate[]): readonly Pair[] {
  return old.map((before) => {
    const same = now.find(({ file }) => path.basename(file) === path.basename(before.file));
    const only = old.length === 1 && now.length === 1 ? now[0] : undefined;
    return { before, after: same ?? only ?? { file: before.file, resolved: new ResolvedTemplate({}) } };
  });
}

/** A change is acknowledged where it will be: in the metadata of the new resource, or of the new template. */
function isAcknowledged(id: string, { file, resolved }: AssemblyTemplate, logicalId: string): boolean {
  const resource = resolved.resourceOf(logicalId);
  return [
    ...acknowledgements(file, resolved.metadata, KNOWN_IDS),
    ...acknowledgements(`${file}: ${logicalId}`, resource?.metadata ?? {}, KNOWN_IDS),
  ].some((each) => each.id === id);
}
