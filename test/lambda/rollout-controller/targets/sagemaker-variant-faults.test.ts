import { FAULTS } from '../../rollout-services/loopback-services';
import { every } from '../thorough';
import { EndpointRollout, SCALED } from './endpoint-rollout';

jest.setTimeout(300_000);

const OWN = 'chat-rollout-#';
const ONE = { configs: ['chat-one'], models: ['model-one'], variants: { AllTraffic: 'model-one' } };
const TWO = { configs: [OWN, 'chat-two'], models: ['model-two'], variants: { Other: 'model-two' } };

let rollout: EndpointRollout;
afterEach(() => rollout.end());

describe.each([
  ['with a fixed number of instances', undefined],
  ['with scaled instances', SCALED],
])('one fault, at each request of a rollout %s', (_, scaling) => {
  test.each(FAULTS)('%s: ends on the new version alone, with each step kept and no side short', async (fault) => {
    await each(fault, async () => {
      await rollout.steps([5, 100]);
      await rollout.finish();
      expect(rollout.left).toEqual({ ...TWO, scaled: scaling === undefined ? [] : ['Other'] });
    });
  });

  test.each(FAULTS)('%s: a rollout that goes back leaves the old version alone, as it was', async (fault) => {
    await each(fault, async () => {
      await rollout.steps([5]);
      await rollout.giveUp();
      expect(rollout.left).toEqual({ ...ONE, scaled: scaling === undefined ? [] : ['AllTraffic'] });
    });
  });

  test.each(FAULTS)('%s: a deployment that is deleted leaves nothing of the controller', async (fault) => {
    await each(fault, async () => {
      await rollout.steps([5]);
      await rollout.giveUp();
      await rollout.until(() => rollout.target.remove());
      expect(rollout.left).toEqual({ ...ONE, variants: {}, scaled: [] });
    });
  });

  async function each(fault: (typeof FAULTS)[number], run: () => Promise<void>): Promise<void> {
    let requests = 1;
    for (let place = 0; place < requests; place += every(23)) {
      rollout = await EndpointRollout.begun(scaling);
      const before = rollout.calls;
      rollout.breakAt(place, fault);
      await run();
      requests = rollout.calls - before;
      expect(
        [...rollout.services.scaling.targets.values()].every(
          ({ SuspendedState: { DynamicScalingInSuspended } }) => !DynamicScalingInSuspended,
        ),
      ).toBe(true);
      rollout.end();
    }
    expect(requests).toBeGreaterThan(20);
  }
});
