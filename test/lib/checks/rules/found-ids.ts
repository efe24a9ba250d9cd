import { findingsIn } from '../../../../lib/checks/finding';
import { FAMILIES } from '../../../../lib/checks/rules/all-rules';
import { selectRules } from '../../../../lib/checks/selection';
import { ResolvedTemplate } from '../../../../lib/checks/template/resolved-template';

const ALL = selectRules({}, FAMILIES);

/** The ids of what all rules find in a template. */
export function foundIds(template: unknown): string[] {
  return findings(template).map(({ rule }) => rule.id);
}

/** The messages of what one rule finds in a template. */
export function messagesOf(id: string, template: unknown): string[] {
  return findings(template)
    .filter(({ rule }) => rule.id === id)
    .map(({ message }) => message);
}

function findings(template: unknown) {
  return findingsIn([{ file: 'app.json', resolved: new ResolvedTemplate(JSON.parse(JSON.stringify(template))) }], ALL);
}
