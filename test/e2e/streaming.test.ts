import { LocalCloud } from '../../bin/local-cloud/local-cloud';
import { type Account, StreamingJourney, type StreamShipment } from '../../bin/start/streaming-journey';

jest.setTimeout(180_000);

/** The path of `npm start`, asserted: the unfiltered template, the `cdk` command, real functions, real clients. */
describe('the streaming stack on a local cloud', () => {
  let cloud: LocalCloud;
  let journey: StreamingJourney;

  beforeAll(async () => {
    const started = await LocalCloud.start({ report: console.log, minuteSeconds: 2 });
    if (started === undefined) {
      throw new Error('the end-to-end test needs Python');
    }
    cloud = started;
    expect(await cloud.bootstrap()).toMatchObject({ succeeded: true });
    journey = await StreamingJourney.begin(cloud);
  });

  afterAll(async () => {
    await journey?.end();
    await cloud?.stop();
  });

  test('every record is predicted or in quarantine with the reason, in the order of its key, and as well as through the API', async () => {
    const account = await journey.send(3 * 171);
    expect(account).toMatchObject({ taken: 513, lost: 0, both: 0, disorderedKeys: 0, versions: { '1.0.0': 504 } });
    expect(account.quarantined).toEqual({ UNDECODABLE: 6, INVALID_INPUT: 3 });
    expect(account.predicted).toBe(504);
    // 158 of 171 rows are predicted right; poison takes the place of nine others.
    expect(account.accuracy).toBeGreaterThan(0.91);
  });

  test('with throttled invocations, batches that come twice and sinks that refuse, nothing is lost or out of order', async () => {
    const before = await journey.settled();
    await journey.sendInTrouble(400, { throttled: 3, repeated: 3, refusedPuts: 5 });
    // What comes after it in its shard is done when a batch is that came twice.
    const account = await journey.send(20);
    // Only the table can tell what comes twice.
    expect(account.repeated).toBeGreaterThan(before.repeated);
    expect(account).toMatchObject({ taken: before.taken + 420, lost: 0, both: 0, disorderedKeys: 0 });
    const quarantined = Object.values(account.quarantined).reduce((sum, count) => sum + count, 0);
    expect(account.predicted + quarantined).toBe(account.taken);
  });

  describe('a model that fails on some records: ', () => {
    let shipment: StreamShipment;
    let account: Account;

    beforeAll(async () => {
      shipment = await journey.ship('3.0.0-throws');
      account = await journey.settled();
    });

    test('is rolled back, as too many records of the new version go to quarantine', () => {
      expect(shipment.succeeded).toBe(false);
      expect(shipment.deployments[0]).toMatchObject({ status: 'Stopped' });
      expect(shipment.alarms.filter(({ to }) => to === 'ALARM').map(({ alarm }) => alarm)).toEqual(
        expect.arrayContaining([expect.stringContaining('NewVersionQuarantined')]),
      );
    });

    test('loses no record: what it failed on is in quarantine', () => {
      expect(account.lost).toBe(0);
      expect(account.quarantined.MODEL_ERROR).toBeGreaterThan(0);
      expect(account.versions['3.0.0-throws']).toBeGreaterThan(0);
    });

    test('a dry run of the replay says what would be done, and does nothing', async () => {
      const said = await journey.replay('MODEL_ERROR', '--dry-run');
      expect(said).toContain(String(account.quarantined.MODEL_ERROR));
      expect((await journey.settled()).quarantined).toEqual(account.quarantined);
    });

    test('what it failed on is predicted by the old version when it is put through again', async () => {
      await journey.replay('MODEL_ERROR');
      const { quarantined, lost, both } = await journey.settled();
      expect(quarantined.MODEL_ERROR).toBeUndefined();
      expect(both).toBe(account.quarantined.MODEL_ERROR);
      expect(lost).toBe(0);
    });
  });

  test('a better model takes over batch by batch, and nothing is lost', async () => {
    const shipment = await journey.ship('2.0.0');
    expect(shipment).toMatchObject({ succeeded: true });
    const before = (await journey.settled()).versions['1.0.0'];
    const { lost, versions, disorderedKeys } = await journey.send(60);
    expect({ lost, disorderedKeys, old: versions['1.0.0'] }).toEqual({ lost: 0, disorderedKeys: 0, old: before });
    expect(versions['2.0.0']).toBeGreaterThan(59);
  });
});
