import { acknowledgements } from '../../lib/checks/acknowledgement';
import { CHANGE_RULES } from '../../lib/checks/changes/all-changes';
import { changesIn, type FoundChange } from '../../lib/checks/changes/found-changes';
import { KNOWN_IDS } from '../../lib/checks/known-ids';
import { resolveAssembly } from '../../lib/checks/template/resolved-assembly';
import { constructOf, linesIn, notAcknowledgedAtConstruct } from './check';
import { readTemplates } from './read-templates';
import type { Report } from './reported-finding';

/** Compares what is deployed with what would be. */
export function diff(oldPath: string, newPath: string): Report {
  const [old, now] = [oldPath, newPath].map((each) => {
    const { files, notes } = readTemplates([each]);
    return { templates: resolveAssembly(files), notes };
  });
  const found = changesIn(old.templates, now.templates)
    .filter((change) => !isAcknowledged(change))
    .filter(notAcknowledgedAtConstruct(now.notes));
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
    lineOf: linesIn(),
  };
}

/** A change is acknowledged where it will be: in the metadata of the new resource, or of the new template. */
function isAcknowledged({ rule, resource: { logicalId }, after: { file, resolved } }: FoundChange): boolean {
  return [
    ...acknowledgements(file, resolved.metadata, KNOWN_IDS),
    ...acknowledgements(`${file}: ${logicalId}`, resolved.resourceOf(logicalId)?.metadata ?? {}, KNOWN_IDS),
  ].some(({ id }) => id === rule.id);
}
