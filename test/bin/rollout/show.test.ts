import { show } from '../../../bin/rollout/show';
import type { ShowCommand } from '../../../bin/rollout/settings';
import type { RolloutItem } from '../../../lambda/rollout/contract';
import { LoopbackRollouts, TARGET } from './loopback-rollouts';

const COMMAND: ShowCommand = {
  kind: 'show',
  controller: 'c',
  json: false,
  trail: 10,
  watch: true,
  everySeconds: 5,
  stopWhenWaiting: false,
};

const rollouts = new LoopbackRollouts();
beforeEach(() => rollouts.reset());

/** Watches while the loop goes on, minute by minute. */
async function watch(
  isTTY: boolean,
  load: (reading: number) => RolloutItem | undefined = () => rollouts.item,
): Promise<{ code: number; written: string[]; told: string[] }> {
  const written: string[] = [];
  const told: string[] = [];
  let readings = 0;
  const code = await show(COMMAND, TARGET, {
    store: {
      load: () => new Promise((resolve) => resolve(load(++readings))),
      save: () => Promise.reject(new Error('it only looks')),
    },
    now: () => rollouts.now,
    sleep: () => rollouts.pass(1),
    out: { isTTY, write: (text) => written.push(text) },
    told: (line) => told.push(line),
  });
  return { code, written, told };
}

test('a terminal is drawn anew each time, with the whole picture', async () => {
  rollouts.deploy('8');
  const { code, written } = await watch(true);
  expect(code).toBe(0);
  expect(written.length).toBeGreaterThan(15);
  expect(written.every((text) => text.startsWith('\u001b[H\u001b[2J') && text.includes('target      fraud:live'))).toBe(
    true,
  );
});

test('a log gets the picture at the beginning and the end, and each entry once between', async () => {
  rollouts.deploy('8');
  const { written } = await watch(false);
  expect(written[0]).toMatch(/^target +fraud:live\ndesired +version 8/);
  expect(written.at(-1)).toMatch(/^target +fraud:live\nlive +version 8\noutcome/);
  const entries = written.slice(1, -1);
  expect(entries).toHaveLength(rollouts.item.nextEntry);
  expect(new Set(entries).size).toBe(entries.length);
});

const failure = (status?: number, name = 'Error'): Error =>
  Object.assign(new Error('not now'), { name, $metadata: { httpStatusCode: status } });

test('what cannot be read now is read again, and what is forbidden ends it', async () => {
  rollouts.deploy('8');
  await rollouts.pass(2);
  const { code, told } = await watch(false, (reading) => {
    if (reading > 1 && reading < 6) {
      throw failure([500, 400, undefined, 503][reading - 2], 'ProvisionedThroughputExceededException');
    }
    return rollouts.item;
  });
  expect([code, told.length]).toEqual([0, 4]);
  rollouts.deploy('9');
  let readings = 0;
  await expect(
    watch(false, (reading) => {
      readings = reading;
      if (reading > 1) {
        throw failure(400, 'AccessDeniedException');
      }
      return rollouts.item;
    }),
  ).rejects.toThrow('not now');
  expect(readings).toBe(2);
});

test('it does not go on for ever with what is not there any more', async () => {
  rollouts.deploy('8');
  let readings = 0;
  await expect(
    watch(false, () => {
      readings += 1;
      if (readings > 1) {
        throw failure(500);
      }
      return rollouts.item;
    }),
  ).rejects.toThrow('not now');
  expect(readings).toBe(11);
  await expect(watch(false, () => undefined)).resolves.toMatchObject({ code: 0 });
});
