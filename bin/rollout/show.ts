import type { RolloutItem } from '../../lambda/rollout/contract';
import type { Store } from '../../lambda/rollout/ports';
import { statusOf } from '../../lambda/rollout-controller/status';
import { EXIT, exitCodeOf } from './exit-code';
import type { ShowCommand } from './settings';
import { entryText, statusText } from './status-text';

/** What the commands need of the world. */
export interface RolloutWorld {
  readonly store: Pick<Store, 'load' | 'save'>;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Standard output and standard error. */
  readonly out: Screen;
  readonly told: (line: string) => void;
}

export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** To the upper left corner, and all below it away. */
const CLEAR = '\u001b[H\u001b[2J\u001b[3J';

/** Readings in a row that may fail while one watches; each was tried again by itself. */
const FAILURES = 10;

/** Shows a rollout, once or until it has ended, and answers the exit code. */
export async function show(command: ShowCommand, target: string, world: RolloutWorld): Promise<number> {
  if (!command.watch) {
    const item = await world.store.load();
    world.out.write(`${shown(command, target, item, world.now())}\n`);
    return exitCodeOf(item);
  }
  let failures = 0;
  let before: RolloutItem | undefined;
  for (let first = true; ;) {
    let item: RolloutItem | undefined;
    try {
      item = await world.store.load();
      failures = 0;
    } catch (error) {
      if (first || !mayPass(error) || ++failures >= FAILURES) {
        throw error;
      }
      world.told(`it could not be read, and is read again: ${(error as Error).message}`);
      await world.sleep(command.everySeconds * 1000);
      continue;
    }
    const code = exitCodeOf(item);
    const over = item === undefined || statusOf(item).settled || (command.stopWhenWaiting && code === EXIT.waiting);
    update(command, target, world, first ? undefined : { before }, item, over);
    if (over) {
      return code;
    }
    first = false;
    before = item;
    await world.sleep(command.everySeconds * 1000);
  }
}

/** A terminal is drawn anew; a log gets what is new, and the whole picture at the beginning and the end. */
function update(
  command: ShowCommand,
  target: string,
  { out, now }: RolloutWorld,
  earlier: { readonly before?: RolloutItem } | undefined,
  item: RolloutItem | undefined,
  over: boolean,
): void {
  if (command.json) {
    if (earlier === undefined || earlier.before?.revision !== item?.revision) {
      out.write(`${JSON.stringify(asJson(command, target, item))}\n`);
    }
    return;
  }
  if (out.isTTY === true) {
    out.write(`${CLEAR}${shown(command, target, item, now())}\n`);
    return;
  }
  if (earlier === undefined) {
    out.write(`${shown(command, target, item, now())}\n`);
    return;
  }
  const from = earlier.before?.nextEntry ?? 0;
  for (const entry of item?.trail.filter(({ place }) => place >= from) ?? []) {
    out.write(`${entryText(entry)}\n`);
  }
  if (over) {
    out.write(`${shown({ ...command, trail: 0 }, target, item, now())}\n`);
  }
}

function shown(command: ShowCommand, target: string, item: RolloutItem | undefined, now: number): string {
  return command.json
    ? JSON.stringify(asJson(command, target, item), undefined, 2)
    : statusText(target, item, now, command.trail);
}

/** `RolloutStatus` of the contract, with the trail. */
function asJson({ trail }: ShowCommand, target: string, item: RolloutItem | undefined): object {
  const status =
    item === undefined ? { target, settled: true, exposed: false, waitingForApproval: false } : statusOf(item);
  return { ...status, trail: trail === 0 ? [] : (item?.trail.slice(-trail) ?? []) };
}

/** Throttled, a fault of the service, or no answer at all: what a permission forbids stays forbidden. */
function mayPass(error: unknown): boolean {
  const status = (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode;
  const name = error instanceof Error ? error.name : '';
  return status === undefined ? !/Credentials/.test(name) : status >= 500 || /Throttl|Exceeded|TooMany/.test(name);
}
