import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchAlarms } from '../../../../lambda/rollout-controller/ports/cloudwatch-alarms';
import { RolloutServices } from '../../rollout-services/rollout-services';

let services: RolloutServices;
let stop: () => void;

beforeEach(async () => {
  services = new RolloutServices();
  stop = await services.loopback.start();
});
afterEach(() => stop());

function firing(names: readonly string[]): Promise<readonly string[]> {
  return new CloudWatchAlarms(new CloudWatchClient({ maxAttempts: 1 }), names).firing();
}

test('those in ALARM are told, of metrics and composite', async () => {
  const { alarms } = services.metrics;
  alarms.set('fine', 'OK').set('unsure', 'INSUFFICIENT_DATA').set('broken', 'ALARM').set('composite-broken', 'ALARM');
  expect(await firing(['fine', 'composite-broken', 'unsure', 'broken'])).toEqual(['composite-broken', 'broken']);
  expect(await firing(['fine', 'unsure'])).toEqual([]);
});

test('without alarms nobody is asked', async () => {
  expect(await firing([])).toEqual([]);
  expect(services.loopback.calls).toEqual([]);
});

test('more than one request and one page can hold are asked for all the same', async () => {
  const names = Array.from({ length: 230 }, (_, place) => `alarm-${place}`);
  names.forEach((name) => services.metrics.alarms.set(name, 'ALARM'));
  services.metrics.alarmsOnPage = 40;
  expect(await firing(names)).toEqual(names);
});

test('one that is gone is an error that names it: it would never go off', async () => {
  services.metrics.alarms.set('there', 'OK');
  await expect(firing(['there', 'gone'])).rejects.toThrow(
    'the alarms gone are not there: make them again, or deploy without them',
  );
});
