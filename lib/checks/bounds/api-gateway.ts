import type { Fault, Range } from './fault';

const LIMITS =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html';

/** Longest time that a REST API waits for its integration, in seconds, unless the account's quota was raised. */
export const REST_INTEGRATION_TIMEOUT_SECONDS = 29;

/** Steady requests per second of a stage; the account's own quota may be lower. */
export const THROTTLE_RATE: Range = { min: 0, max: 1_000_000, unit: 'requests per second', see: LIMITS };

/** Requests that may come at once, over the steady rate. */
export const THROTTLE_BURST: Range = { min: 0, max: 1_000_000, unit: 'requests', see: LIMITS };

/** What may run longer than the gateway in front waits goes on, and costs, after the caller has got a 504. */
export function timeoutBeyondGateway(timeoutSeconds: number): Fault[] {
  if (timeoutSeconds <= REST_INTEGRATION_TIMEOUT_SECONDS) {
    return [];
  }
  return [
    {
      id: 'api-timeout-chain',
      message: `a call of the deployment may run for ${timeoutSeconds} seconds, the gateway in front of it gives up after ${REST_INTEGRATION_TIMEOUT_SECONDS}`,
      fix: `set the deployment's 'timeout' to ${REST_INTEGRATION_TIMEOUT_SECONDS} seconds or less, or call it without the API`,
      see: LIMITS,
    },
  ];
}
