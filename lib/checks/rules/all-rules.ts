import { ALARM_RULES } from './alarms';
import { ASYNC_ENDPOINT_RULES } from './async-endpoints';
import { ENDPOINT_DEPLOYMENT_RULES } from './endpoint-deployment';
import { FUNCTION_RULES } from './functions';
import { MISSING_PERMISSION_RULES } from './missing-permissions';
import { PERMISSION_RULES } from './permissions';
import type { Rule } from './rule';
import { SCALING_RULES } from './scaling';
import { STREAM_AND_QUEUE_RULES } from './streams-and-queues';
import { VARIANT_RULES } from './variants';

/** Every rule by the name of its family, in the order in which they are documented. */
export const FAMILIES: Readonly<Record<string, readonly Rule[]>> = {
  'endpoint-deployment': ENDPOINT_DEPLOYMENT_RULES,
  variants: VARIANT_RULES,
  scaling: SCALING_RULES,
  alarms: ALARM_RULES,
  'async-endpoints': ASYNC_ENDPOINT_RULES,
  functions: FUNCTION_RULES,
  'streams-and-queues': STREAM_AND_QUEUE_RULES,
  permissions: [...PERMISSION_RULES, ...MISSING_PERMISSION_RULES],
};

/** Every rule. */
export const RULES: readonly Rule[] = Object.values(FAMILIES).flat();

/** The ids of all rules. */
export const RULE_IDS: ReadonlySet<string> = new Set(RULES.map(({ id }) => id));
