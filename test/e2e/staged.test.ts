import { LocalCloud } from '../../bin/local-cloud/local-cloud';
import { StagedJourney, type StagedShipment } from '../../bin/start/staged-journey';
import type { Judgement } from '../../lambda/rollout-judge/contract';
import { RolloutNotices } from './rollout-notices';

jest.setTimeout(180_000);

/** A step of three minutes, and of two before it is compared, takes less than eight seconds. */
const MINUTE_SECONDS = 1.5;

/** `npm start -- staged`, asserted: a controller of its own owns the alias of the serverless sample. */
describe('a staged rollout on a local cloud', () => {
  let cloud: LocalCloud;
  let journey: StagedJourney;
  let notices: RolloutNotices;

  beforeAll(async () => {
    const started = await LocalCloud.start({ minuteSeconds: MINUTE_SECONDS, report: console.log });
    if (started === undefined) {
      throw new Error('the end-to-end test needs Python');
    }
    cloud = started;
    expect(await cloud.bootstrap()).toMatchObject({ succeeded: true });
    journey = await StagedJourney.begin(cloud);
  });

  afterAll(() => cloud?.stop());

  test('a stack moves from CodeDeploy to stages by one deployment, and no request is lost', async () => {
    const moved = await journey.move({ rollout: 'staged' }, '1.0.0');
    expect(moved).toMatchObject({
      succeeded: true,
      traffic: { failed: 0, versions: { '1.0.0': moved.traffic.requests } },
    });
    expect(moved.traffic.requests).toBeGreaterThan(20);
    expect([await journey.aliases(), await journey.versions()]).toEqual([['live'], ['1']]);
    notices = await RolloutNotices.listen(cloud, journey.topicArn);
  });

  describe('version 2', () => {
    let shipment: StagedShipment;

    beforeAll(async () => {
      shipment = await journey.ship('2.0.0');
    });

    test('takes over step by step, and no caller notices', () => {
      expect(shipment).toMatchObject({
        succeeded: true,
        serving: '2.0.0',
        status: { outcome: 'promoted', reason: { code: 'baked' } },
        traffic: { failed: 0 },
      });
      expect(sharesOf(shipment)).toEqual([
        ['1', 0],
        ['1', 5],
        ['1', 20],
        ['1', 50],
        ['1', 100],
        ['2', 0],
      ]);
    });

    test('answers as large a share of the requests as its step says', () => {
      const met = shipment.stages.map(({ traffic }) => (traffic.versions['2.0.0'] ?? 0) / traffic.requests);
      [0, 0.05, 0.2, 0.5, 1, 1].forEach((share, place) => {
        // Some dozen requests a step, and those that were under way when it began: further off is a chance of one in thousands.
        expect(Math.abs(met[place] - share)).toBeLessThan(0.15);
      });
      expect(met[1]).toBeGreaterThan(0);
    });

    test('was compared with the old version in each step, and the old one is gone', () => {
      const promoted = shipment.trail.filter(({ what, text }) => what === 'verdict' && text.startsWith('PROMOTE'));
      expect(promoted.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
      expect(promoted[1].judgement?.metrics.map(({ name }) => name)).toEqual([
        'failures',
        'slowAnswers',
        'refusedRequests',
      ]);
      const { candidate, baseline } = promoted[1].judgement!.metrics[0];
      expect(candidate.requests).toBeGreaterThanOrEqual(5);
      expect(baseline.requests).toBeGreaterThan(candidate.requests);
      expect(shipment.versions).toEqual(['2']);
    });

    test('each transition is an event, and those that people want are messages', async () => {
      const events = await notices.events();
      expect(events.map(({ what, text }) => [what, text])).toEqual(
        shipment.trail.map(({ what, text }) => [what, text]),
      );
      expect(events.at(-1)).toMatchObject({ what: 'ended', outcome: 'promoted', candidate: '2', baseline: '1' });
      const subjects = (await notices.messages()).map(({ subject }) => subject);
      expect(subjects.filter((subject) => subject.endsWith(': promoted'))).toHaveLength(1);
      expect(subjects.length).toBeLessThan(events.length);
    });

    test('is the better model, as its card says', async () => {
      const { errors, accuracy, versions } = await journey.score();
      expect({ errors, versions }).toEqual({ errors: 0, versions: { '2.0.0': 171 } });
      expect(accuracy).toBeCloseTo(167 / 171, 10);
    });
  });

  describe('a version that fails on some rows', () => {
    let shipment: StagedShipment;

    beforeAll(async () => {
      shipment = await journey.ship('3.0.0-throws');
    });

    test('is rolled back by the judge, while the stack has long been deployed', () => {
      expect(shipment).toMatchObject({
        succeeded: true,
        serving: '2.0.0',
        status: { outcome: 'rolled-back', reason: { code: 'judged' }, desired: '3', candidate: '3', baseline: '2' },
      });
      // Before all callers met it.
      const shares = sharesOf(shipment);
      expect(shares[1]).toEqual(['2', 5]);
      expect(shares.at(-1)).toEqual(['2', 0]);
      expect(shares).not.toContainEqual(['2', 100]);
      expect(shipment.versions).toContain('2');
    });

    test('costs no more requests than its share', () => {
      const { traffic, stages } = shipment;
      expect(Object.keys(traffic.statuses)).toEqual(['500']);
      expect(traffic.failed / traffic.requests).toBeLessThan(0.1);
      const [before, after] = [stages[0], stages.at(-1)!];
      // The alias is looked at some times a second, so that a request or two of the next stage may count for this one.
      expect(before.traffic.failed + (before.traffic.versions['3.0.0-throws'] ?? 0)).toBeLessThanOrEqual(2);
      // A request or two may have been under way when it went.
      expect(after.traffic.failed).toBeLessThanOrEqual(1);
      expect(after.traffic.versions['2.0.0']).toBeGreaterThan(0);
    });

    test('leaves the numbers that spoke against it, in the trail and in S3', () => {
      const { trail, lastLook, status } = shipment;
      const verdict = trail.find(({ what, text }) => what === 'verdict' && text.startsWith('ROLLBACK'))!;
      const failures = verdict.judgement!.metrics.find(({ name }) => name === 'failures')!;
      expect(failures.candidate.bad).toBeGreaterThanOrEqual(3);
      expect(failures.baseline).toMatchObject({ bad: 0 });
      expect(failures.baseline.requests).toBeGreaterThan(50);
      expect(trail.at(-1)!.text).toMatch(/failures: \d+ of \d+ against 0 of \d+/);
      expect(lastLook).toMatchObject({ verdict: 'ROLLBACK', metrics: verdict.judgement!.metrics });
      expect(status.judgement).toEqual(lastLook && withoutTarget(lastLook));
    });

    test('is told as an event and a message, with its reason', async () => {
      expect((await notices.events()).at(-1)).toMatchObject({
        what: 'ended',
        outcome: 'rolled-back',
        reason: 'judged',
      });
      const last = (await notices.messages()).find(({ subject }) => subject.endsWith(': rolled-back'));
      expect(last?.text).toMatch(/failures: \d+ of \d+ against 0 of \d+/);
    });

    test('and after it version 2 serves all rows', async () => {
      const { errors, versions } = await journey.score();
      expect({ errors, versions }).toEqual({ errors: 0, versions: { '2.0.0': 171 } });
    });
  });

  test('an operator tries it once more without a deployment, and gives it up', async () => {
    const { operations, stages, status } = await journey.retryAndAbort();
    expect(operations.map(({ code, output }) => [code, code === 0 ? '' : output])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    expect(stages.map(({ live, percent }) => [live, percent])).toEqual([
      ['2', 0],
      ['2', 5],
      ['2', 0],
    ]);
    expect(status).toMatchObject({ outcome: 'rolled-back', reason: { code: 'aborted' } });
  });

  test('it moves back to CodeDeploy by another alias, and no request is lost', async () => {
    const moved = await journey.move({ rollout: 'canary', aliasName: 'serving' }, '2.0.0');
    expect(moved).toMatchObject({
      succeeded: true,
      traffic: { failed: 0, versions: { '2.0.0': moved.traffic.requests } },
    });
    expect(await journey.aliases()).toEqual(['serving']);
  });

  test('the stack goes', async () => {
    await journey.end();
    await expect(journey.aliases()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

/** Objects in S3 say of what they are. */
function withoutTarget(judgement: Judgement): Judgement {
  const { target: _, ...rest } = judgement as Judgement & { readonly target: string };
  return rest;
}

/** The alias' own version, and the share of the other, in the order in which they were seen. */
function sharesOf({ stages }: StagedShipment): [string, number][] {
  return stages.map(({ live, percent }) => [live, percent]);
}
