import { CHANGE_RULES } from './changes/all-changes';
import { RULES } from './rules/all-rules';

/** The ids of all rules, which can be acknowledged: those about templates and those about changes. */
export const KNOWN_IDS: ReadonlySet<string> = new Set([...RULES, ...CHANGE_RULES].map(({ id }) => id));
