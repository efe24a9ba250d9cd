import { Lazy } from 'aws-cdk-lib';
import { Routing } from '../../../lib';

test('each strategy as SageMaker takes it', () => {
  expect(Routing.leastOutstandingRequests()._config).toEqual({ routingStrategy: 'LEAST_OUTSTANDING_REQUESTS' });
  expect(Routing.random()._config).toEqual({ routingStrategy: 'RANDOM' });
  expect(Routing.prefixAware({ prefixLength: 2048, concurrencyThreshold: 32 })._config).toEqual({
    routingStrategy: 'PREFIX_AWARE',
    prefixAwareRoutingConfig: { prefixLength: 2048, concurrencyThreshold: 32 },
  });
});

test.each([
  { prefixLength: 1024, concurrencyThreshold: 1 },
  { prefixLength: 65_536, concurrencyThreshold: 1024 },
])('%j is accepted', (options) => {
  expect(() => Routing.prefixAware(options)).not.toThrow();
});

test.each([
  [{ prefixLength: 1023, concurrencyThreshold: 1 }, /'prefixLength' is 1023.*routing-prefix/],
  [{ prefixLength: 65_537, concurrencyThreshold: 1 }, /routing-prefix/],
  [{ prefixLength: 1024, concurrencyThreshold: 0 }, /'concurrencyThreshold' is 0.*routing-threshold/],
  [{ prefixLength: 1024, concurrencyThreshold: 1025 }, /routing-threshold/],
  [{ prefixLength: 1, concurrencyThreshold: 0 }, /routing-prefix\][^]*routing-threshold\]/],
])('%j is refused', (options, message) => {
  expect(() => Routing.prefixAware(options)).toThrow(message);
});

test('what is known only at deployment passes', () => {
  const token = Lazy.number({ produce: () => 1 });
  expect(() => Routing.prefixAware({ prefixLength: token, concurrencyThreshold: token })).not.toThrow();
});
