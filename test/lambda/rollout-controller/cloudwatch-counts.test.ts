import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchCounts } from '../../../lambda/rollout-controller/cloudwatch-counts';
import type { CountPart, CountSource } from '../../../lambda/rollout/contract';
import type { ObservedMinute } from '../../../lambda/rollout/ports';
import { RolloutJudge } from '../../../lambda/rollout-judge/rollout-judge';
import { judgeSettings } from '../../../lambda/rollout-judge/judge-settings';
import type { SimulatedVersion } from '../rollout-services/lambda-service';
import { FAULTS } from '../rollout-services/loopback-services';
import { RolloutServices } from '../rollout-services/rollout-services';

const ALIAS = 'live';
const OF_ALIAS = {
  namespace: 'AWS/Lambda',
  dimensions: { FunctionName: 'fraud', Resource: 'fraud:live' },
  versionDimension: 'ExecutedVersion',
};
const OF_HANDLER = {
  namespace: 'InferencePatterns',
  statistic: 'Sum',
  dimensions: { FunctionName: 'fraud' },
  versionDimension: 'FunctionVersion',
};
const source = (...parts: readonly CountPart[]): CountSource => ({ parts });
const INVOCATIONS = { ...OF_ALIAS, metricName: 'Invocations', statistic: 'Sum' };
/** As the alarms count failures, and those that took longer than 500 ms. */
const SOURCES = {
  requests: source(INVOCATIONS),
  bad: [
    source(
      { ...OF_ALIAS, metricName: 'Errors', statistic: 'Sum' },
      { ...OF_HANDLER, metricName: 'HandledServerErrors' },
      { ...OF_HANDLER, metricName: 'RejectedInvocations', negative: true },
    ),
    source({ ...OF_ALIAS, metricName: 'Duration', statistic: 'TC(500:)' }),
  ],
};

const handler =
  ({ slow = 0, handled = 0, thrown = 0, rejected = 0 }): SimulatedVersion['invoke'] =>
  (_, random) => {
    const is = (share: number): boolean => random() < share;
    const failed = is(handled);
    const refused = is(rejected);
    return {
      milliseconds: is(slow) ? 900 : 40,
      ...(refused || is(thrown) ? { error: 'thrown' } : {}),
      embedded: { HandledServerErrors: failed ? 1 : 0, RejectedInvocations: refused ? 1 : 0 },
    };
  };

let services: RolloutServices;
let counts: CloudWatchCounts;
let stop: () => void;
let first: number;

async function begin(baseline: SimulatedVersion['invoke'], candidate: SimulatedVersion['invoke'], weight = 0.5) {
  services = new RolloutServices();
  stop = await services.loopback.start();
  counts = new CloudWatchCounts(new CloudWatchClient({ maxAttempts: 1 }), SOURCES);
  const [one, two] = [services.lambda.publish({ invoke: baseline }), services.lambda.publish({ invoke: candidate })];
  services.lambda.operations.CreateAlias({
    FunctionName: 'fraud',
    Name: ALIAS,
    FunctionVersion: one,
    RoutingConfig: { AdditionalVersionWeights: { [two]: weight } },
  });
  first = services.clock.minute();
}
afterEach(() => stop());

/** Requests of each minute. */
function serve(...minutes: readonly number[]): void {
  minutes.forEach((requests) => services.serveMinute(ALIAS, requests));
}
const read = (to: number): Promise<readonly ObservedMinute[]> => counts.minutes(first, first + to, '2', '1');

test('each minute has the requests, failures and slow answers of both versions', async () => {
  await begin(handler({}), handler({ slow: 1, handled: 1 }));
  serve(40, 60);
  services.clock.pass(300);
  const minutes = await read(1);
  expect(minutes.map(({ minute }) => minute)).toEqual([first, first + 1]);
  minutes.forEach(({ candidate, baseline }, place) => {
    expect(candidate.requests + baseline.requests).toBe([40, 60][place]);
    expect(candidate.bad).toEqual([candidate.requests, candidate.requests]);
    expect(baseline.bad).toEqual([0, 0]);
  });
});

test('bad input that was thrown is no failure, and what the function throws is one', async () => {
  await begin(handler({ rejected: 1 }), handler({ thrown: 1 }));
  serve(40);
  services.clock.pass(300);
  const [{ candidate, baseline }] = await read(0);
  expect(baseline.bad[0]).toBe(0);
  expect(candidate.bad[0]).toBe(candidate.requests);
});

test('a minute without requests has none, and no counts', async () => {
  await begin(handler({}), handler({}));
  serve(10, 0, 10);
  services.clock.pass(300);
  const minutes = await read(3);
  expect(minutes).toHaveLength(4);
  for (const place of [1, 3]) {
    expect(minutes[place]).toEqual({
      minute: first + place,
      candidate: { requests: 0, bad: [null, null] },
      baseline: { requests: 0, bad: [null, null] },
    });
  }
});

test('a version without weight has no data, whatever the alias has', async () => {
  await begin(handler({}), handler({}));
  services.lambda.operations.UpdateAlias({
    FunctionName: 'fraud',
    Name: ALIAS,
    RoutingConfig: { AdditionalVersionWeights: {} },
  });
  serve(10);
  services.clock.pass(300);
  expect(await read(0)).toMatchObject([{ candidate: { requests: 0 }, baseline: { requests: 0 } }]);
});

test('one request brings all that a look needs; what two metrics share is asked once', async () => {
  await begin(handler({}), handler({}));
  counts = new CloudWatchCounts(new CloudWatchClient({ maxAttempts: 1 }), {
    ...SOURCES,
    bad: [...SOURCES.bad, source(INVOCATIONS)],
  });
  serve(10, 10, 10);
  services.clock.pass(300);
  const minutes = await read(2);
  expect(services.loopback.calls).toHaveLength(1);
  expect(services.loopback.calls[0].input.MetricDataQueries).toHaveLength(10);
  expect(minutes.every(({ candidate }) => candidate.bad[2] === candidate.requests)).toBe(true);
});

test('all pages are read', async () => {
  await begin(handler({ slow: 0.5 }), handler({ handled: 0.5 }));
  serve(...Array.from({ length: 12 }, (_, minute) => 5 + minute));
  services.clock.pass(300);
  const whole = await read(11);
  for (const size of [1, 7, 24]) {
    services.metrics.pageSize = size;
    expect(await read(11)).toEqual(whole);
  }
});

test('of a long time only the first minutes are read', async () => {
  await begin(handler({}), handler({}));
  serve(3);
  services.clock.pass(300 * 60);
  const minutes = await read(299);
  expect(minutes.length).toBe(180);
  expect(minutes[0]).toMatchObject({ minute: first });
  expect(await counts.minutes(first, first - 1, '2', '1')).toEqual([]);
});

test('minutes that have not arrived are like minutes without data, so the last two are not to be asked for', async () => {
  await begin(handler({}), handler({}));
  serve(10, 10);
  expect(await read(1)).toMatchObject([{ candidate: { requests: 0 } }, { candidate: { requests: 0 } }]);
  services.clock.pass(121);
  const arrived = await read(1);
  expect(arrived.map(({ candidate, baseline }) => candidate.requests + baseline.requests)).toEqual([10, 10]);
});

test('fractions of trimmed counts are rounded, and a part that is ahead of the others does not make a count negative', async () => {
  await begin(handler({}), handler({}));
  const Resource = 'fraud:live';
  for (const [name, value] of [
    ['Invocations', 9.6],
    ['Errors', 1],
  ] as const) {
    services.metrics.publish('AWS/Lambda', name, { FunctionName: 'fraud', Resource, ExecutedVersion: '2' }, value);
  }
  services.metrics.publish(
    'InferencePatterns',
    'RejectedInvocations',
    { FunctionName: 'fraud', FunctionVersion: '2' },
    3,
  );
  services.clock.pass(300);
  expect((await read(0))[0].candidate).toEqual({ requests: 10, bad: [0, null] });
});

test.each(FAULTS)(
  '%s: a reading that fails, on any page, gives no counts, and the next gives them all',
  async (fault) => {
    await begin(handler({ slow: 0.1 }), handler({ handled: 0.1 }));
    serve(10, 20, 30);
    services.clock.pass(300);
    const whole = await read(2);
    services.metrics.pageSize = 10;
    for (let place = 0; place < 3; place++) {
      const before = services.loopback.calls.length;
      services.loopback.fault = (index) => (index === before + place ? fault : undefined);
      await expect(read(2)).rejects.toThrow();
      expect(await read(2)).toEqual(whole);
    }
  },
);

test.each(['InternalError', 'Forbidden', 'PartialData'])(
  'a series that is %s is told, and not taken for few errors',
  async (StatusCode) => {
    await begin(handler({}), handler({}));
    const { metrics } = services;
    const answer = metrics.operations.GetMetricData;
    Object.assign(metrics.operations, {
      GetMetricData: (input: Record<string, unknown>) => {
        const output = answer(input) as { MetricDataResults: object[] };
        return { MetricDataResults: output.MetricDataResults.map((result) => ({ ...result, StatusCode })) };
      },
    });
    await expect(read(0)).rejects.toThrow(`CloudWatch has not given all of AWS/Lambda Invocations Sum`);
  },
);

test('what is read makes the judge roll back a version that fails, and keep one that does not', async () => {
  const settings = judgeSettings({
    steps: [
      { percent: 50, bakeMinutes: 10, minRequests: 100 },
      { percent: 100, bakeMinutes: 5 },
    ],
    metrics: [{ name: 'failures' }, { name: 'slow' }],
  });
  for (const [candidate, expected] of [
    [handler({ slow: 0.05, handled: 0.5 }), 'ROLLBACK'],
    [handler({ slow: 0.05, handled: 0.01 }), 'HOLD'],
  ] as const) {
    stop?.();
    await begin(handler({ slow: 0.05, handled: 0.01 }), candidate);
    serve(200, 200, 200, 200);
    services.clock.pass(300);
    const judge = new RolloutJudge(settings);
    const verdicts: string[] = [];
    for (const minute of await read(3)) {
      verdicts.push(judge.take({ ...minute, step: 0 }).verdict);
      if (verdicts.at(-1) === 'ROLLBACK') {
        break;
      }
    }
    expect(verdicts.at(-1)).toBe(expected);
  }
});
