import { ALARM_RULES } from './alarms';
import { ENDPOINT_DEPLOYMENT_RULES } from './endpoint-deployment';
import type { Rule } from './rule';
import { SCALING_RULES } from './scaling';
import { VARIANT_RULES } from './variants';

/** Every rule, in the order in which they are documented. */
export const RULES: readonly Rule[] = [
  ...ENDPOINT_DEPLOYMENT_RULES,
  ...VARIANT_RULES,
  ...SCALING_RULES,
  ...ALARM_RULES,
];
