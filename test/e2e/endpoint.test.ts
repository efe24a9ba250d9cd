import { type EndpointDeploymentReport, LocalCloud } from '../../bin/local-cloud/local-cloud';
import { EndpointJourney } from '../../bin/start/endpoint-journey';
import type { Shipment } from '../../bin/start/journey';
import { streamThroughEndpoint } from './endpoint-stream';

jest.setTimeout(180_000);

/** Longer than in `npm start`: on a busy machine, too, a minute holds the samples that the alarms ask for. */
const MINUTE_SECONDS = 4;

async function begin(endpointRollback: 'silent' | 'failed'): Promise<{ cloud: LocalCloud; journey: EndpointJourney }> {
  const cloud = await LocalCloud.start({ minuteSeconds: MINUTE_SECONDS, endpointRollback, report: console.log });
  if (cloud === undefined) {
    throw new Error('the end-to-end test needs Python');
  }
  try {
    expect(await cloud.bootstrap()).toMatchObject({ succeeded: true });
    return { cloud, journey: await EndpointJourney.begin(cloud) };
  } catch (error) {
    await cloud.stop();
    throw error;
  }
}

/** The path of `npm start`, asserted: the unfiltered template, the `cdk` command, real HTTP calls, real servers. */
describe('the endpoint stack on a local cloud, where SageMaker rolls back silently', () => {
  let cloud: LocalCloud;
  let journey: EndpointJourney;

  beforeAll(async () => {
    ({ cloud, journey } = await begin('silent'));
  });

  afterAll(async () => {
    await journey?.end();
    await cloud?.stop();
  });

  test('the API says that the endpoint is in service, and with which model', async () => {
    expect(await journey.api.health()).toMatchObject({
      status: 200,
      body: { status: 'ok', model: { name: 'breast-cancer', version: '1.0.0' } },
    });
  });

  test('nine requests of ten get the first version, the others its challenger', async () => {
    const { requests, errors, accuracy, versions } = await journey.score();
    expect({ requests, errors }).toEqual({ requests: 171, errors: 0 });
    expect(versions['2.0.0']).toBeGreaterThan(3);
    expect(versions['2.0.0']).toBeLessThan(50);
    expect(versions['1.0.0'] + versions['2.0.0']).toBe(171);
    expect(accuracy).toBeGreaterThan(0.9);
  });

  test('a variant is asked by its name, whatever its weight is', async () => {
    expect(await journey.ask('AllTraffic')).toEqual({ status: 200, version: '1.0.0' });
    expect(await journey.ask('challenger')).toEqual({ status: 200, version: '2.0.0' });
  });

  test('a stream is predicted through it, and every record of it once', async () => {
    const { records, accuracy, models } = await streamThroughEndpoint(cloud, journey.rows);
    expect(records).toBe(171);
    // One request of ten meets the challenger, and its predictions say so.
    expect(['breast-cancer 1.0.0', 'breast-cancer 2.0.0']).toEqual(expect.arrayContaining([...models]));
    expect(accuracy).toBeGreaterThan(0.9);
  });

  test('bad input is refused by the gateway or the container, in one shape', async () => {
    const refusals = (await journey.sendBadInput()).map(({ answer }) => answer);
    expect(refusals).toMatchObject([
      { status: 400, body: { error: { code: 'INVALID_INPUT', field: 'mean_radius' } } },
      { status: 400, body: { error: { code: 'INVALID_INPUT' } } },
      { status: 415, body: { error: { code: 'UNSUPPORTED_MEDIA_TYPE' } } },
      { status: 400, body: { error: { code: 'INVALID_INPUT' } } },
    ]);
    refusals.forEach(({ body }) =>
      expect(body).toMatchObject({
        error: { requestId: expect.any(String) as string, message: expect.any(String) as string },
      }),
    );
  });

  test('version 2 takes over, one instance first, and no caller notices', async () => {
    const shipment = await journey.ship('2.0.0');
    expect(shipment).toMatchObject({ succeeded: true, serving: '2.0.0', traffic: { failed: 0 } });
    expect(sharesOf(shipment)).toEqual([[0.5, 1]]);
    expect(shipment.traffic.versions['1.0.0']).toBeGreaterThan(0);
    const { errors, versions, accuracy } = await journey.score();
    expect({ errors, versions }).toEqual({ errors: 0, versions: { '2.0.0': 171 } });
    expect(accuracy).toBeCloseTo(167 / 171, 10);
  });

  test('a version that fails on some rows is rolled back, and the stack does not call that success', async () => {
    const shipment = await journey.ship('3.0.0-throws');
    expect(shipment).toMatchObject({ succeeded: false, serving: '2.0.0' });
    expect(shipment.deployments[0]).toMatchObject({ status: 'RolledBack' });
    expect(shipment.output).toMatch(/was rolled back by SageMaker[^]*NewFleetErrors/);
    // Then the stack's own rollback, to a configuration that the endpoint already runs.
    expect(shipment.deployments.slice(1).map(({ status }) => status)).toEqual(['Succeeded']);
    expect(Object.keys(shipment.traffic.statuses)).toEqual(['500']);
    expect(shipment.traffic.failed / shipment.traffic.requests).toBeLessThan(0.1);
  });

  test('the version from before serves all rows again', async () => {
    const { errors, versions } = await journey.score();
    expect({ errors, versions }).toEqual({ errors: 0, versions: { '2.0.0': 171 } });
  });
});

describe('the endpoint stack on a local cloud, where SageMaker fails the resource', () => {
  let cloud: LocalCloud;
  let journey: EndpointJourney;

  beforeAll(async () => {
    ({ cloud, journey } = await begin('failed'));
  });

  afterAll(async () => {
    await journey?.end();
    await cloud?.stop();
  });

  test('a version that fails on some rows is rolled back with the stack, and the one from before serves', async () => {
    const shipment = await journey.ship('3.0.0-throws');
    expect(shipment).toMatchObject({ succeeded: false, serving: '1.0.0' });
    expect(shipment.deployments[0]).toMatchObject({ status: 'RolledBack' });
    const { errors, versions } = await journey.score();
    expect(errors).toBe(0);
    expect(Object.keys(versions).sort()).toEqual(['1.0.0', '2.0.0']);
  });
});

/** The shares of the new fleet over each deployment of a shipment. */
function sharesOf({ deployments }: Shipment<EndpointDeploymentReport>): number[][] {
  return deployments.map(({ shares }) => shares.map(({ share }) => share));
}
