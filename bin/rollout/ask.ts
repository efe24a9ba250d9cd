import { randomUUID } from 'node:crypto';
import type { LoopInput, RolloutItem, TrailEntry, VerbRequest } from '../../lambda/rollout/contract';
import { changeItem } from '../../lambda/rollout-controller/change-item';
import { request } from '../../lambda/rollout-controller/desire';
import { EXIT } from './exit-code';
import { inShort } from './in-words';
import type { AskCommand } from './settings';
import type { RolloutWorld } from './show';

/** Looks for what became of a request come so often. */
const EVERY = 400;

export interface AskWorld extends RolloutWorld {
  /** Who asks, where nobody is named. */
  readonly caller: () => Promise<string>;
  readonly start: (input: LoopInput) => Promise<void>;
}

/**
 * Asks the controller for something: puts a request into the item, starts an execution that sees it at once, and says what became of it.
 * Whoever does it by the API makes the same two calls: a conditional PutItem of what `request` gives, then StartExecution under the name
 * of `executionName`. The loop that goes on anyway sees it within a minute without the second.
 */
export async function ask(command: AskCommand, target: string, world: AskWorld): Promise<number> {
  const { verb, reason } = command;
  const { id = randomUUID() } = command;
  const verbRequest: VerbRequest = {
    id,
    verb,
    reason,
    by: command.by ?? (await world.caller()),
    time: world.now(),
  };
  const { item, start } = await changeItem(world.store, (before, writer) => {
    if (before === undefined) {
      throw new Error(`nothing was ever deployed to '${target}', or its item is gone: there is nothing to ${verb}`);
    }
    return request(before, verbRequest, writer);
  });
  try {
    await world.start(start);
  } catch (error) {
    throw new Error(
      `${verb} is written, and no execution could be started (${messageOf(error)}): ` +
        `${verb === 'retry' ? 'it is not seen before one is' : 'one that goes on sees it within a minute'}; say the same again with --id ${id}`,
      { cause: error },
    );
  }
  return tellWhatBecameOfIt(command, verbRequest, item, world);
}

async function tellWhatBecameOfIt(
  { waitSeconds }: AskCommand,
  asked: VerbRequest,
  written: RolloutItem,
  world: AskWorld,
): Promise<number> {
  const until = world.now() + waitSeconds * 1000;
  let item: RolloutItem | undefined = written;
  while (item !== undefined && !isSeen(item, asked)) {
    if (world.now() >= until) {
      world.out.write(
        `${asked.verb} is asked for, and will be seen within a minute, or as soon as the tick under way is over: ${inShort(item)}\n`,
      );
      return EXIT.fine;
    }
    await world.sleep(Math.min(EVERY, until - world.now()));
    item = await world.store.load();
  }
  if (item === undefined) {
    throw new Error(`the item of '${written.target}' is gone: somebody has deleted it`);
  }
  const entry = item.trail.find((each) => each.place >= written.nextEntry && isAnswer(each, asked));
  if (entry?.what === 'refused') {
    throw new Error(`the controller refuses it: ${entry.text}`);
  }
  world.out.write(`${entry?.text ?? `${asked.verb} was seen`}: ${inShort(item)}\n`);
  return EXIT.fine;
}

function isSeen({ inbox, desired, rollout }: RolloutItem, { id, verb }: VerbRequest): boolean {
  return verb === 'retry' ? rollout?.attempt === desired?.attempt : !inbox.some((each) => each.id === id);
}

/** Entries do not hold the id of what they answer. */
function isAnswer({ what, text, by }: TrailEntry, asked: VerbRequest): boolean {
  return asked.verb === 'retry'
    ? what === 'started'
    : (what === 'verb' || what === 'refused') && by === asked.by && text.startsWith(asked.verb);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
