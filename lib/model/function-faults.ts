import type { Size, Duration } from 'aws-cdk-lib';
import type { Fault } from '../checks/bounds/fault';
import {
  EPHEMERAL_STORAGE,
  FUNCTION_MEMORY,
  FUNCTION_TIMEOUT,
  RESERVED_CONCURRENCY,
  UNRESERVED_CONCURRENCY,
} from '../checks/bounds/lambda';
import { inMebibytes, integer, mebibytes, seconds } from '../private/validation';
import { memoryNeeded } from './function-sizing';
import type { OnnxModel } from './model';
import { isFetchedAtStart } from './onnx-handler';

/** What a function is made from, as far as it can be wrong. */
export interface FunctionProps {
  /** The model that the function itself loads, if it loads one. */
  readonly model?: OnnxModel;
  readonly memorySize?: Size;
  readonly timeout?: Duration;
  readonly ephemeralStorage?: Size;
  readonly reservedConcurrency?: number;
  readonly accountConcurrency?: number;
  readonly vpc?: unknown;
  readonly vpcSubnets?: unknown;
  readonly securityGroups?: unknown;
}

/** Faults of the props that a function is made from. */
export function faultyFunction(props: FunctionProps): Fault[] {
  return [
    ...mebibytes('lambda-memory', 'memorySize', props.memorySize, FUNCTION_MEMORY),
    ...seconds('lambda-timeout', 'timeout', props.timeout, FUNCTION_TIMEOUT),
    ...mebibytes('lambda-ephemeral-storage', 'ephemeralStorage', props.ephemeralStorage, EPHEMERAL_STORAGE),
    ...integer('lambda-reserved-concurrency', 'reservedConcurrency', props.reservedConcurrency, RESERVED_CONCURRENCY),
    ...networkWithoutVpc(props),
    ...nothingLeftForOthers(props),
    ...modelTooLarge(props),
    ...noRoomForFetchedModel(props),
  ];
}

function networkWithoutVpc({ vpc, vpcSubnets, securityGroups }: FunctionProps): Fault[] {
  if (vpc !== undefined || (vpcSubnets === undefined && securityGroups === undefined)) {
    return [];
  }
  const named = vpcSubnets === undefined ? 'securityGroups' : 'vpcSubnets';
  return [
    {
      id: 'lambda-network-without-vpc',
      message: `'${named}' is given without 'vpc', and would be ignored`,
      fix: `give the 'vpc', or leave '${named}' out`,
    },
  ];
}

/** AWS Lambda refuses a reservation that leaves the account less than this. */
function nothingLeftForOthers({ accountConcurrency, reservedConcurrency }: FunctionProps): Fault[] {
  const account = accountConcurrency ?? 1000;
  if (reservedConcurrency === undefined || !(reservedConcurrency > account - UNRESERVED_CONCURRENCY && account > 0)) {
    return [];
  }
  return [
    {
      id: 'lambda-unreserved-concurrency',
      message: `'reservedConcurrency' is ${reservedConcurrency} of the account's ${account}, of which ${UNRESERVED_CONCURRENCY} must stay unreserved`,
      fix: "reserve less, or set 'alarms.accountConcurrency' if the account allows more",
      see: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html',
    },
  ];
}

/** A model that does not fit fails at its first request, when the function runs out of memory. */
function modelTooLarge({ model, memorySize }: FunctionProps): Fault[] {
  const size = model === undefined ? 0 : inMebibytes(model.size);
  if (memorySize !== undefined || memoryNeeded(size) <= FUNCTION_MEMORY.max) {
    return [];
  }
  return [
    {
      id: 'lambda-model-too-large',
      message: `the model of ${Math.round(size)} MiB needs about ${Math.round(memoryNeeded(size))} MiB of memory while it is loaded, AWS Lambda has at most ${FUNCTION_MEMORY.max}`,
      fix: "serve a smaller (quantized) model, or set 'memorySize' if you know that this one needs less",
      see: FUNCTION_MEMORY.see,
    },
  ];
}

/** A fetched model lies in `/tmp` beside nothing else. */
function noRoomForFetchedModel({ model, ephemeralStorage }: FunctionProps): Fault[] {
  if (
    model === undefined ||
    !isFetchedAtStart(model) ||
    ephemeralStorage === undefined ||
    ephemeralStorage.isUnresolved()
  ) {
    return [];
  }
  const size = inMebibytes(model.size);
  if (inMebibytes(ephemeralStorage) >= size) {
    return [];
  }
  return [
    {
      id: 'lambda-no-room-for-model',
      message: `'ephemeralStorage' is ${inMebibytes(ephemeralStorage)} MiB, the model that is fetched there has ${Math.ceil(size)} MiB`,
      fix: `set 'ephemeralStorage' to ${Math.ceil(size)} MiB or more, or leave it out`,
      see: EPHEMERAL_STORAGE.see,
    },
  ];
}
