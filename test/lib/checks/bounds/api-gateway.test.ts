import {
  REST_INTEGRATION_TIMEOUT_SECONDS,
  THROTTLE_BURST,
  THROTTLE_RATE,
  timeoutBeyondGateway,
} from '../../../../lib/checks/bounds/api-gateway';

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
test('the gateway gives up after 29 seconds', () => {
  expect(REST_INTEGRATION_TIMEOUT_SECONDS).toBe(29);
  expect(THROTTLE_RATE.min).toBe(0);
  expect(THROTTLE_BURST.min).toBe(0);
});

test.each([
  [1, 0],
  [29, 0],
  [30, 1],
  [900, 1],
])('a function of %p seconds has %p faults behind a gateway', (seconds, faults) => {
  expect(timeoutBeyondGateway(seconds)).toHaveLength(faults);
});
