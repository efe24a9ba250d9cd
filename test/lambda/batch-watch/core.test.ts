import fc from 'fast-check';
import { type Batch, type Execution, look } from '../../../lambda/batch-watch/core';
import { lastFit } from '../../../lambda/batch-watch/cron-times';
import { type Schedule, TOLERANCE } from '../../../lambda/batch-watch/last-due';
import type { Progress } from '../../../lambda/batch-watch/projected-lateness';
import { momentsOf, wallTime } from '../../../lambda/batch-watch/wall-clock';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (text: string) => Date.parse(`${text}:00Z`);

interface World {
  readonly schedule?: Partial<Schedule> | 'gone';
  readonly executions?: readonly Execution[];
  readonly running?: readonly Execution[];
  readonly partitions?: Readonly<Record<string, Progress['partitions']>>;
}

class FakeBatch implements Batch {
  public listed = 0;

  public constructor(private readonly world: World) {}

  public schedule(): Promise<Schedule | undefined> {
    const { schedule = {} } = this.world;
    return Promise.resolve(
      schedule === 'gone'
        ? undefined
        : {
            expression: 'cron(0 2 * * ? *)',
            timeZone: 'UTC',
            enabled: true,
            changed: 0,
            windowMinutes: 0,
            ...schedule,
          },
    );
  }

  public async *executions(status?: 'RUNNING'): AsyncIterable<Execution> {
    await Promise.resolve();
    for (const execution of (status === undefined ? this.world.executions : this.world.running) ?? []) {
      this.listed++;
      yield execution;
    }
  }

  public partitions(arn: string): Promise<Progress['partitions']> {
    return Promise.resolve(this.world.partitions?.[arn]);
  }
}

const SETTINGS = { scheduled: true, deadlineSeconds: 6 * 3600 };
const execution = (begun: string, more: Partial<Execution> = {}): Execution => ({
  arn: begun,
  begun: at(begun),
  ...more,
});
const findings = (world: World, now = '2026-07-02T12:00', settings = SETTINGS) =>
  look(new FakeBatch(world), settings, at(now));

describe('a missed run: ', () => {
  test('none since the schedule was due', async () => {
    const { missed } = await findings({ executions: [execution('2026-07-01T02:00')] });
    expect(missed).toBe(
      'no run has begun since 2026-07-02T02:00:00.000Z, when cron(0 2 * * ? *) was due: look for what became of its target',
    );
  });

  test('none at all', async () => {
    expect((await findings({})).missed).toContain('no run has begun');
  });

  test('because somebody disabled the schedule', async () => {
    const { missed } = await findings({ schedule: { enabled: false } });
    expect(missed).toContain('somebody disabled the schedule');
  });

  test('because the schedule is gone', async () => {
    const { missed } = await findings({ schedule: 'gone', executions: [execution('2026-07-02T11:00')] });
    expect(missed).toContain('the schedule is gone');
  });
});

describe('no missed run: ', () => {
  test.each([
    ['it began when it was due', '2026-07-02T02:00'],
    ['it began late', '2026-07-02T05:00'],
    ['somebody made up for it', '2026-07-02T11:59'],
  ])('%s', async (_, begun) => {
    const executions = [execution(begun), execution('2026-07-01T02:00')];
    expect((await findings({ executions })).missed).toBeUndefined();
  });

  test('there is no schedule', async () => {
    const without = { ...SETTINGS, scheduled: false };
    expect((await findings({ schedule: 'gone' }, undefined, without)).missed).toBeUndefined();
  });
});

test('one that was redriven does not hide one that began later', async () => {
  const executions = [
    execution('2026-06-30T02:00', { redriven: at('2026-07-02T09:00') }),
    execution('2026-07-02T02:00'),
  ];
  expect((await findings({ executions })).missed).toBeUndefined();
});

test('and is none that began', async () => {
  const executions = [execution('2026-06-30T02:00', { redriven: at('2026-07-02T09:00') })];
  expect((await findings({ executions })).missed).toBeDefined();
});

test('of a long history no more is read than it takes', async () => {
  const batch = new FakeBatch({ executions: Array.from({ length: 1000 }, () => execution('2026-07-01T02:00')) });
  await look(batch, SETTINGS, at('2026-07-02T12:00'));
  expect(batch.listed).toBe(1);
});

describe('lateness: ', () => {
  test('of none where no run goes on', async () => {
    expect((await findings({})).lateness).toBeUndefined();
  });

  test('of the latest of several', async () => {
    const running = [execution('2026-07-02T11:00'), execution('2026-07-02T09:00')];
    expect((await findings({ running })).lateness).toBeCloseTo(0.5);
  });

  test('as projected from what is done', async () => {
    const running = [execution('2026-07-02T11:00')];
    const partitions = {
      '2026-07-02T11:00': { begun: at('2026-07-02T11:00'), total: 1000, done: 80, running: 20 },
    };
    expect((await findings({ running, partitions })).lateness).toBeCloseTo(10 / 6);
  });

  test('from the time on when it was redriven', async () => {
    const running = [execution('2026-06-25T02:00', { redriven: at('2026-07-02T09:00') })];
    expect((await findings({ running })).lateness).toBeCloseTo(0.5);
  });
});

/** Weeks of a schedule some of whose times nothing comes of, seen every quarter of an hour. */
test('whatever is missed is seen while it is, and nothing else', async () => {
  const expressions: readonly [string, string][] = [
    ['cron(0 2 * * ? *)', 'Europe/Zurich'],
    ['cron(30 1 * * ? *)', 'America/New_York'],
    ['cron(0 0/6 * * ? *)', 'UTC'],
    ['cron(15 22 ? * MON-FRI *)', 'Asia/Tokyo'],
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...expressions),
      fc.constantFrom('2026-03-01T00:00', '2026-06-01T00:00', '2026-10-20T00:00'),
      fc.array(fc.constantFrom('begins', 'begins', 'late', 'missed'), { minLength: 80, maxLength: 80 }),
      fc.boolean(),
      async ([expression, timeZone], made, fates, atTheSecond) => {
        const changed = at(made);
        const end = changed + 14 * 24 * HOUR;
        const fields = expression.slice(5, -1);
        // Each time of the schedule, and the moment at which AWS starts something: at the first or at the second that clocks show.
        const times: { due: number; started: number | undefined }[] = [];
        let wall = lastFit(fields, wallTime(end, timeZone));
        while (wall !== undefined) {
          const moments = momentsOf(wall, timeZone);
          const used = atTheSecond ? moments.at(-1) : moments[0];
          if (moments.length > 0 && moments[0] < changed + MINUTE) {
            break;
          }
          if (used !== undefined) {
            const fate = fates[times.length % fates.length];
            const delay = fate === 'late' ? 40 * MINUTE : 30_000;
            times.push({ due: moments[0], started: fate === 'missed' ? undefined : used + delay });
          }
          wall = lastFit(fields, wall);
        }
        for (let now = changed; now < end; now += 15 * MINUTE) {
          const began = times.flatMap(({ started }) => (started !== undefined && started <= now ? [started] : []));
          const executions = [...began].sort((a, b) => b - a).map((begun) => ({ arn: String(begun), begun }));
          const { missed } = await look(
            new FakeBatch({ schedule: { expression, timeZone, changed }, executions }),
            SETTINGS,
            now,
          );
          const settled = times.find(
            ({ due }) => momentsOf(wallTime(due, timeZone), timeZone).at(-1)! + TOLERANCE <= now,
          );
          const expected = settled !== undefined && !began.some((begun) => begun >= settled.due);
          expect([new Date(now).toISOString(), missed !== undefined]).toEqual([new Date(now).toISOString(), expected]);
        }
      },
    ),
    { numRuns: 8 },
  );
}, 120_000);
