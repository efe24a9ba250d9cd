import { REST_INTEGRATION_TIMEOUT_SECONDS } from '../checks/bounds/api-gateway';
import type { Fault } from '../checks/bounds/fault';
import { FUNCTION_TIMEOUT } from '../checks/bounds/lambda';
import { faultyFunction } from '../model/function-faults';
import { fetchSeconds } from '../model/function-sizing';
import { isFetchedAtStart } from '../model/onnx-handler';
import { inMebibytes } from '../private/validation';
import { sidesOf } from '../rollout/traffic-shift';
import { moreProvisionedThanReserved } from '../scaling/provisioned-concurrency';
import type { ServerlessInferenceProps } from './serverless-inference-props';

/** Faults of the props that the function is made from. */
export function faultyProps(props: ServerlessInferenceProps): Fault[] {
  const { handler, model, alarms, scaling, reservedConcurrency } = props;
  const foreign = handler !== undefined && !handler._isOwn;
  return [
    ...faultyFunction({
      ...props,
      model: foreign ? undefined : model,
      accountConcurrency: alarms?.accountConcurrency,
    }),
    ...moreProvisionedThanReserved(scaling, reservedConcurrency, sidesOf(props.rollout)),
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
