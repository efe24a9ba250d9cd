import { type DeploymentReport, LocalCloud } from '../../bin/local-cloud/local-cloud';
import type { Shipment } from '../../bin/start/journey';
import { type Refusal, ServerlessJourney } from '../../bin/start/serverless-journey';

jest.setTimeout(180_000);

/** Longer than in `npm start`: on a busy machine, too, a minute holds the samples that the alarms ask for. */
const MINUTE_SECONDS = 5;

/** The path of `npm start`, asserted: the unfiltered template, the `cdk` command, real HTTP calls. */
describe('the serverless stack on a local cloud', () => {
  let cloud: LocalCloud;
  let journey: ServerlessJourney;

  beforeAll(async () => {
    const started = await LocalCloud.start({
      minuteSeconds: MINUTE_SECONDS,
      rollback: 'deployment',
      report: console.log,
    });
    if (started === undefined) {
      throw new Error('the end-to-end test needs Python');
    }
    cloud = started;
    const bootstrapped = await cloud.bootstrap();
    expect(bootstrapped).toMatchObject({ succeeded: true });
    journey = await ServerlessJourney.begin(cloud);
  });

  afterAll(async () => {
    await journey?.end();
    await cloud?.stop();
  });

  test('the first version answers, and says which model it has loaded', async () => {
    expect(await journey.api.health()).toMatchObject({
      status: 200,
      body: {
        status: 'ok',
        model: { name: 'breast-cancer', version: '1.0.0', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      },
    });
  });

  test('the first version is as accurate through the API as its card says', async () => {
    const { requests, errors, accuracy, versions } = await journey.score();
    expect({ requests, errors, versions }).toEqual({ requests: 171, errors: 0, versions: { '1.0.0': 171 } });
    expect(accuracy).toBeCloseTo(158 / 171, 10);
  });

  test('JSON, CSV and a binary tensor of the same rows get the same predictions', async () => {
    const rows = journey.rows.slice(0, 5).map(({ input }) => input);
    const csv = rows.map((row) => Object.values(row).join(',')).join('\n');
    const tensor = new Uint8Array(Float32Array.from(rows.flatMap((row) => Object.values(row))).buffer);
    const answers = await Promise.all([
      journey.api.predict(JSON.stringify({ instances: rows })),
      journey.api.predict(csv, 'text/csv'),
      journey.api.predict(tensor, 'application/octet-stream'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const [json, ...others] = answers.map(({ body }) => (body as { predictions: unknown[] }).predictions);
    expect(json).toHaveLength(5);
    expect(others).toEqual([json, json]);
  });

  describe('bad input', () => {
    let refusals: Map<string, Refusal['answer']>;

    beforeAll(async () => {
      refusals = new Map((await journey.sendBadInput()).map(({ what, answer }) => [what, answer]));
    });

    test.each([
      ['a field is missing', 400, 'INVALID_INPUT', 'mean_radius'],
      ['a batch with a missing field', 400, 'INVALID_INPUT', 'mean_radius'],
      ['text for a number', 400, 'INVALID_INPUT', 'string'],
      ['out of bounds', 400, 'INVALID_INPUT', 'minimum'],
      ['an unknown field', 400, 'INVALID_INPUT', 'colour'],
      ['CSV with NaN', 400, 'INVALID_INPUT', 'mean_radius'],
      ['a tensor of the wrong length', 400, 'MALFORMED_BODY', '12'],
      ['an unknown content type', 415, 'UNSUPPORTED_MEDIA_TYPE', 'application/json'],
      ['no key', 403, 'INVALID_API_KEY', 'Forbidden'],
    ])('%s is answered with %i and %s', (what, status, code, reason) => {
      const answer = refusals.get(what)!;
      expect(answer).toMatchObject({ status, body: { error: { code, requestId: expect.any(String) as string } } });
      expect(JSON.stringify(answer.body)).toContain(reason);
    });

    test('a body that is not JSON is refused', () => {
      expect(refusals.get('not JSON')).toMatchObject({ status: 400, body: { error: { code: 'INVALID_INPUT' } } });
    });
  });

  test('version 2 takes over by canary, and no caller notices', async () => {
    const shipment = await journey.ship('2.0.0');
    expect(shipment).toMatchObject({ succeeded: true, serving: '2.0.0', traffic: { failed: 0 } });
    expect(shipment.deployments).toHaveLength(1);
    expect(sharesOf(shipment)).toEqual([0, 0.2, 1]);
    expect(shipment.traffic.versions['1.0.0']).toBeGreaterThan(0);
    expect(shipment.traffic.versions['2.0.0']).toBeGreaterThan(0);
  });

  test('version 2 is the better model, as its card says', async () => {
    const { errors, accuracy, versions } = await journey.score();
    expect({ errors, versions }).toEqual({ errors: 0, versions: { '2.0.0': 171 } });
    expect(accuracy).toBeCloseTo(167 / 171, 10);
  });

  test('a version with its features in the wrong order is stopped by the smoke test before anybody meets it', async () => {
    const shipment = await journey.ship('3.0.0-order');
    expect(shipment).toMatchObject({ succeeded: false, serving: '2.0.0', traffic: { failed: 0 } });
    expect(Object.keys(shipment.traffic.versions)).toEqual(['2.0.0']);
    expect(shipment.deployments[0].events).toContainEqual(
      expect.objectContaining({ name: 'BeforeAllowTraffic', status: 'Failed' }),
    );
    expect(sharesOf(shipment)).toEqual([0]);
  });

  test('a version that fails on some rows is rolled back by its own errors', async () => {
    const shipment = await journey.ship('3.0.0-throws');
    expect(shipment).toMatchObject({ succeeded: false, serving: '2.0.0' });
    expect(stoppedBy(shipment)).toMatch(/NewVersionErrors/);
    expect(sharesOf(shipment)).toEqual([0, 0.2]);
    // Only callers who met the new version were affected.
    expect(Object.keys(shipment.traffic.statuses)).toEqual(['500']);
    expect(shipment.traffic.failed / shipment.traffic.requests).toBeLessThan(0.1);
  });

  test('a version that answers too late is rolled back by its latency', async () => {
    const shipment = await journey.ship('3.0.0-slow', 15);
    expect(shipment).toMatchObject({ succeeded: false, serving: '2.0.0', traffic: { failed: 0 } });
    expect(stoppedBy(shipment)).toMatch(/NewVersionLatency/);
  });

  test('after every rollback the second version serves all rows again', async () => {
    const { errors, versions } = await journey.score();
    expect({ errors, versions }).toEqual({ errors: 0, versions: { '2.0.0': 171 } });
  });
});

/** The share of the new version over the first deployment of a shipment. */
function sharesOf({ deployments }: Shipment<DeploymentReport>): number[] {
  const [{ targetVersion, weights }] = deployments;
  return weights.map(({ weights: shares }) => shares[targetVersion] ?? 0);
}

function stoppedBy({ deployments }: Shipment<DeploymentReport>): string {
  return deployments[0].error?.message ?? 'nothing';
}
