import { LocalCloud } from '../../bin/local-cloud/local-cloud';
import { BatchJourney, type Run } from '../../bin/start/batch-journey';

jest.setTimeout(180_000);

/** The path of `npm start`, asserted: the unfiltered template, the `cdk` command, real functions, a real state machine. */
describe('the batch stack on a local cloud', () => {
  let cloud: LocalCloud;
  let journey: BatchJourney;

  beforeAll(async () => {
    const started = await LocalCloud.start({ report: console.log });
    if (started === undefined) {
      throw new Error('the end-to-end test needs Python');
    }
    cloud = started;
    expect(await cloud.bootstrap()).toMatchObject({ succeeded: true });
    journey = await BatchJourney.begin(cloud);
  });

  afterAll(async () => {
    await journey?.end();
    await cloud?.stop();
  });

  describe('the first night: ', () => {
    let run: Run;

    beforeAll(async () => {
      run = await journey.run();
    });

    test('every object is scored or in quarantine, and the summary says so', () => {
      expect(run).toMatchObject({
        status: 'SUCCEEDED',
        summary: {
          model: { name: 'breast-cancer', version: '1.0.0' },
          objects: { scored: 12, quarantined: 2, kept: 0 },
          records: { in: 684, out: 684 },
          scores: { count: 684 },
        },
      });
    });

    test('what could not be scored is in quarantine with the reason', async () => {
      expect(await journey.quarantined()).toMatchObject([
        { key: 'arrived/clinic-13.csv', reason: 'it is empty' },
        { key: 'arrived/clinic-14.csv', reason: 'height is in the header, but is not a field of this model' },
      ]);
    });

    test('it is as accurate as through the API', async () => {
      const { records, accuracy } = await journey.verdict();
      expect(records).toBe(4 * 171);
      expect(accuracy).toBeCloseTo(158 / 171, 10);
    });

    test('there was nothing to compare the first part with', async () => {
      expect(await journey.judgement(run.summary!.run)).toMatchObject({
        accepted: true,
        findings: [expect.stringContaining('quarantined'), expect.stringContaining('no earlier run')],
      });
    });

    test('readers are led to it', async () => {
      expect(await journey.current()).toMatchObject({ run: run.summary!.run, model: { version: '1.0.0' } });
    });
  });

  test('the second night is compared with the first, and accepted', async () => {
    const { status, summary } = await journey.run();
    expect(status).toBe('SUCCEEDED');
    expect(await journey.judgement(summary!.run)).toMatchObject({
      accepted: true,
      findings: [expect.anything(), expect.stringMatching(/stability index of the scores .* is 0\.\d+$/)],
    });
    expect((await journey.current()).run).toBe(summary!.run);
  });

  describe('a version with its features in the wrong order: ', () => {
    let before: string;
    let run: Run;

    beforeAll(async () => {
      before = (await journey.current()).run;
      await journey.ship('3.0.0-order');
      run = await journey.run();
    });

    test('the judge rejects its first part, since the scores are others', () => {
      expect(run).toMatchObject({ status: 'FAILED', error: 'RejectedByJudge' });
      expect(run.cause).toMatch(/stability index of the scores .* allowed is 0\.25.*The rest was not started/);
    });

    test('it is rejected at once: trying again would not help', () => {
      expect(run.seconds).toBeLessThan(15);
    });

    test('readers still see the run before, with its predictions', async () => {
      expect(await journey.current()).toMatchObject({ run: before, model: { version: '1.0.0' } });
      expect((await journey.verdict()).accuracy).toBeCloseTo(158 / 171, 10);
    });
  });

  test('back at the version from before, an incremental run keeps what was scored, and tries again what was not', async () => {
    await journey.ship('1.0.0');
    const { status, summary } = await journey.run({ incremental: true, toleratedFailure: 1, judge: false });
    expect(status).toBe('SUCCEEDED');
    expect(summary!.objects).toEqual({ scored: 0, quarantined: 2, kept: 12 });
    expect((await journey.verdict()).accuracy).toBeCloseTo(158 / 171, 10);
  });
});
