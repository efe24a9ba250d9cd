import { ALARM_RULES } from './alarms';
import { ALARM_DATA_RULES } from './alarms-without-data';
import { ASYNC_ENDPOINT_RULES } from './async-endpoints';
import { BATCH_TRANSFORM_RULES } from './batch-transform';
import { COST_RULES } from './cost';
import { EXPOSURE_RULES } from './encryption-and-exposure';
import { ENDPOINT_DEPLOYMENT_RULES } from './endpoint-deployment';
import { EXPOSED_API_RULES } from './exposed-apis';
import { FUNCTION_RULES } from './functions';
import { HARDWARE_RULES } from './hardware';
import { MISSING_PERMISSION_RULES } from './missing-permissions';
import { MODEL_CONTAINER_RULES } from './model-containers';
import { NAME_RULES } from './names';
import { PERMISSION_RULES } from './permissions';
import type { Rule } from './rule';
import { SCALING_RULES } from './scaling';
import { STATE_CALL_RULES } from './state-calls';
import { STATE_LANGUAGE_RULES } from './state-language';
import { STATE_MACHINE_RULES } from './state-machines';
import { STREAM_AND_QUEUE_RULES } from './streams-and-queues';
import { CHAIN_RULES } from './timeout-and-payload-chains';
import { VARIANT_RULES } from './variants';

/** Every rule by the name of its family, in the order in which they are documented. */
export const FAMILIES: Readonly<Record<string, readonly Rule[]>> = {
  'endpoint-deployment': ENDPOINT_DEPLOYMENT_RULES,
  variants: VARIANT_RULES,
  hardware: [...HARDWARE_RULES, ...MODEL_CONTAINER_RULES],
  scaling: SCALING_RULES,
  names: NAME_RULES,
  alarms: [...ALARM_RULES, ...ALARM_DATA_RULES],
  'async-endpoints': ASYNC_ENDPOINT_RULES,
  functions: FUNCTION_RULES,
  'streams-and-queues': STREAM_AND_QUEUE_RULES,
  'timeout-and-payload-chains': CHAIN_RULES,
  'state-machines': [...STATE_LANGUAGE_RULES, ...STATE_MACHINE_RULES, ...STATE_CALL_RULES],
  'batch-transform': BATCH_TRANSFORM_RULES,
  permissions: [...PERMISSION_RULES, ...MISSING_PERMISSION_RULES],
  'encryption-and-exposure': [...EXPOSURE_RULES, ...EXPOSED_API_RULES],
  cost: COST_RULES,
};

/** Every rule. */
export const RULES: readonly Rule[] = Object.values(FAMILIES).flat();
