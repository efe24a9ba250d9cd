import type {
  LoopInput,
  RolloutItem,
  RolloutProperties,
  RolloutSettings,
  RolloutSettingsOptions,
} from '../rollout/contract';
import type { Store } from '../rollout/ports';
import { changeItem } from '../rollout-controller/change-item';
import { desire, Refused } from '../rollout-controller/desire';
import { judgeSettings } from '../rollout-judge/judge-settings';
import { explained, isOfAnother, type ResourceRequest } from './core';

/** Something that is being removed cannot be desired for so long; in milliseconds. */
const PAUSE = 10_000;

/** What hands a wish over needs of the world. */
export interface HandOver {
  readonly store: Store;
  /** Starts the loop that carries it out. */
  readonly start: (input: LoopInput) => Promise<void>;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Milliseconds until this must have come to an end. */
  readonly remaining: () => number;
}

/** What `isComplete` is told beside the request itself. */
export interface HandedOver {
  /** There is nothing to wait for. */
  readonly nothing: boolean;
}

const WAIT: HandedOver = { nothing: false };
const NOTHING: HandedOver = { nothing: true };

/** Writes which version a stack desires, and starts what carries that out. Said again, it changes nothing. */
export async function handOver(
  request: ResourceRequest,
  oldTarget: string | undefined,
  world: HandOver,
): Promise<HandedOver> {
  return request.type === 'Delete' ? takeBack(request, world) : state(request, oldTarget, world);
}

async function state(
  { type, id, properties, since }: ResourceRequest,
  oldTarget: string | undefined,
  world: HandOver,
): Promise<HandedOver> {
  const settings = settingsOf(properties);
  if (type === 'Update' && oldTarget !== undefined && oldTarget !== properties.target) {
    const item = await world.store.load();
    // A stack that goes back comes from a target that was refused, to the one that it had.
    if (item === undefined || isOfAnother(item, id)) {
      throw new Error(
        explained(
          type,
          properties,
          `a rollout stays with what it serves, which was '${oldTarget}'`,
          `give the deployment of '${properties.target}' a new construct id`,
        ),
      );
    }
  }
  const owner = { id: properties.controllerName, created: type === 'Create' };
  const wanted = { version: properties.version, settings, time: since, by: 'deployment', owner };
  for (;;) {
    try {
      const { start } = await changeItem(world.store, (item, writer) =>
        desire(properties.target, item, wanted, writer),
      );
      await started(world, type, properties, start);
      return WAIT;
    } catch (error) {
      if (!(error instanceof Refused)) {
        throw error;
      }
      if (world.remaining() < 2 * PAUSE) {
        throw new Error(explained(type, properties, 'it is being removed, and still is', 'deploy again'), {
          cause: error,
        });
      }
    }
    await world.sleep(PAUSE);
  }
}

async function takeBack({ type, id, properties, since }: ResourceRequest, world: HandOver): Promise<HandedOver> {
  const before = await world.store.load();
  if (before?.desired === undefined || isOfAnother(before, id)) {
    return NOTHING;
  }
  const { settings } = before.desired;
  const { item, start } = await changeItem(world.store, (latest, writer) =>
    desire(properties.target, latest, { settings, time: since, by: 'deployment' }, writer),
  );
  try {
    await started(world, type, properties, start);
  } catch (error) {
    if (!wasTouched(item)) {
      // What could not be begun need not be ended.
      return NOTHING;
    }
    throw error;
  }
  return WAIT;
}

/** Whether a tick has ever seen it, and may have made something. */
function wasTouched({ rollout, loop }: RolloutItem): boolean {
  return rollout !== undefined || loop.wake > 0;
}

async function started(
  { start }: HandOver,
  type: ResourceRequest['type'],
  properties: RolloutProperties,
  input: LoopInput,
): Promise<void> {
  try {
    await start(input);
  } catch (error) {
    const reason = `the state machine ${properties.stateMachineArn} could not be started: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
    throw new Error(explained(type, properties, reason, 'deploy again'), { cause: error });
  }
}

function settingsOf(properties: RolloutProperties): RolloutSettings {
  const { judge, ...options } = JSON.parse(properties.settings) as RolloutSettingsOptions;
  return { ...options, judge: judgeSettings(judge) };
}
