import type { ChangeRule } from './change-rule';
import { DATA_CHANGES } from './data-changes';
import { ENDPOINT_CHANGES } from './endpoint-changes';
import { REPLACEMENT_CHANGES } from './replacement-changes';
import { ROLLOUT_CHANGES } from './rollout-changes';

/** Every rule about changes by the name of its family, in the order in which they are documented. */
export const CHANGE_FAMILIES: Readonly<Record<string, readonly ChangeRule[]>> = {
  'endpoint-changes': ENDPOINT_CHANGES,
  'rollout-changes': ROLLOUT_CHANGES,
  'replacement-changes': REPLACEMENT_CHANGES,
  'data-changes': DATA_CHANGES,
};

/** Every rule about changes. */
export const CHANGE_RULES: readonly ChangeRule[] = Object.values(CHANGE_FAMILIES).flat();
