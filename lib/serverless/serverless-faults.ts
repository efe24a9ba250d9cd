import { REST_INTEGRATION_TIMEOUT_SECONDS } from '../checks/bounds/api-gateway';
import type { Fault } from '../checks/bounds/fault';
import {
  EPHEMERAL_STORAGE,
  FUNCTION_MEMORY,
  FUNCTION_TIMEOUT,
  RESERVED_CONCURRENCY,
  UNRESERVED_CONCURRENCY,
} from '../checks/bounds/lambda';
import { inMebibytes, integer, mebibytes, seconds } from '../private/validation';
import { fetchSeconds, memoryNeeded } from '../model/function-sizing';
import { isFetchedAtStart } from '../model/onnx-handler';
import type { ServerlessInferenceProps } from './serverless-inference-props';

/** Faults of the props that the function is made from. */
export function faultyProps(props: ServerlessInferenceProps): Fault[] {
  return [
    ...mebibytes('lambda-memory', 'memorySize', props.memorySize, FUNCTION_MEMORY),
    ...seconds('lambda-timeout', 'timeout', props.timeout, FUNCTION_TIMEOUT),
    ...mebibytes('lambda-ephemeral-storage', 'ephemeralStorage', props.ephemeralStorage, EPHEMERAL_STORAGE),
    ...integer('lambda-reserved-concurrency', 'reservedConcurrency', props.reservedConcurrency, RESERVED_CONCURRENCY),
    ...networkWithoutVpc(props),
    ...moreProvisionedThanReserved(props),
    ...nothingLeftForOthers(props),
    ...modelTooLarge(props),
    ...noRoomForFetchedModel(props),
    ...fetchLongerThanTimeout(props),
  ];
}

/** Props that shape the function: most have no meaning beside a function that is made elsewhere. */
export function ownFunctionProps(props: ServerlessInferenceProps): string[] {
  return SHAPING.filter((name) => props[name] !== undefined);
}

const SHAPING = [
  'architecture',
  'memorySize',
  'timeout',
  'ephemeralStorage',
  'reservedConcurrency',
  'tracing',
  'vpc',
  'vpcSubnets',
  'securityGroups',
  'logRetention',
  'failureDestination',
] as const;

function networkWithoutVpc({ vpc, vpcSubnets, securityGroups }: ServerlessInferenceProps): Fault[] {
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

/** Provisioned environments are taken out of the reserved concurrency. */
function moreProvisionedThanReserved({ scaling, reservedConcurrency }: ServerlessInferenceProps): Fault[] {
  const asked = scaling?._provisionedConcurrency;
  const max =
    asked === undefined
      ? undefined
      : Math.max(asked.max ?? asked.min, ...Object.values(asked.schedules ?? {}).map((schedule) => schedule.max));
  if (
    max === undefined ||
    reservedConcurrency === undefined ||
    !(max > reservedConcurrency && reservedConcurrency >= 0)
  ) {
    return [];
  }
  return [
    {
      id: 'lambda-provisioned-over-reserved',
      message: `'scaling' provisions up to ${max} environments, 'reservedConcurrency' allows ${reservedConcurrency}`,
      fix: `set 'reservedConcurrency' to ${max} or more`,
      see: 'https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html',
    },
  ];
}

/** AWS Lambda refuses a reservation that leaves the account less than this. */
function nothingLeftForOthers({ alarms, reservedConcurrency }: ServerlessInferenceProps): Fault[] {
  const account = alarms?.accountConcurrency ?? 1000;
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
function modelTooLarge({ model, memorySize, handler }: ServerlessInferenceProps): Fault[] {
  const size = inMebibytes(model.size);
  const foreign = handler !== undefined && !handler._isOwn;
  if (memorySize !== undefined || foreign || memoryNeeded(size) <= FUNCTION_MEMORY.max) {
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
function noRoomForFetchedModel({ model, ephemeralStorage, handler }: ServerlessInferenceProps): Fault[] {
  const size = inMebibytes(model.size);
  const foreign = handler !== undefined && !handler._isOwn;
  if (foreign || !isFetchedAtStart(model) || ephemeralStorage === undefined || ephemeralStorage.isUnresolved()) {
    return [];
  }
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

/** A first request that always times out before the model is there. */
function fetchLongerThanTimeout({ model, timeout, handler }: ServerlessInferenceProps): Fault[] {
  const foreign = handler !== undefined && !handler._isOwn;
  const seconds = fetchSeconds(inMebibytes(model.size));
  if (foreign || timeout !== undefined || !isFetchedAtStart(model) || seconds < REST_INTEGRATION_TIMEOUT_SECONDS) {
    return [];
  }
  return [
    {
      id: 'lambda-fetch-too-long',
      message: `the model takes about ${seconds} seconds to fetch when the function starts, longer than the default time-out, which an API in front allows at most`,
      fix: "set 'timeout' to more than that and call the function without an API, or serve a smaller model",
      see: FUNCTION_TIMEOUT.see,
    },
  ];
}
