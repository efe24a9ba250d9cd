import type { Verb } from '../../lambda/rollout/contract';
import { partsOfFunction } from '../replay/function-name';

/** Which rollout is meant: by its controller, or by the stack that has it. */
export interface Place {
  readonly controller?: string;
  readonly stack?: string;
  readonly region?: string;
}

export interface ShowCommand extends Place {
  readonly kind: 'show';
  readonly json: boolean;
  readonly trail: number;
  readonly watch: boolean;
  readonly everySeconds: number;
  readonly stopWhenWaiting: boolean;
}

export interface AskCommand extends Place {
  readonly kind: 'ask';
  readonly verb: Verb;
  readonly reason: string;
  readonly by?: string;
  readonly id?: string;
  readonly waitSeconds: number;
}

export type RolloutCommand = ShowCommand | AskCommand;

/** Options as they were written. */
export interface PlaceOptions {
  readonly stack?: string;
  readonly region?: string;
}

export interface ShowOptions extends PlaceOptions {
  readonly json?: boolean;
  readonly trail: number;
  readonly watch?: boolean;
  readonly every: number;
  readonly stopWhenWaiting?: boolean;
}

export interface AskOptions extends PlaceOptions {
  readonly reason?: string;
  readonly by?: string;
  readonly id?: string;
  readonly wait: number;
}

export function showSettings(controller: string | undefined, options: ShowOptions): ShowCommand {
  const { json = false, watch = false, stopWhenWaiting = false, trail, every } = options;
  if (stopWhenWaiting && !watch) {
    throw new Error('--stop-when-waiting says when --watch ends: give that as well');
  }
  if (!Number.isInteger(trail)) {
    throw new Error(`--trail is ${trail}, and must be a whole number of entries`);
  }
  return { kind: 'show', ...placeOf(controller, options), json, watch, stopWhenWaiting, trail, everySeconds: every };
}

export function askSettings(verb: Verb, controller: string | undefined, options: AskOptions): AskCommand {
  const { reason = '', by, id, wait } = options;
  checkText('--reason', options.reason, 1000);
  checkText('--by', by, 300);
  checkText('--id', id, 100);
  return { kind: 'ask', ...placeOf(controller, options), verb, reason, by, id, waitSeconds: wait };
}

/** The item keeps all of it, in 400 KB at most. */
function checkText(option: string, text: string | undefined, most: number): void {
  if (text !== undefined && text.trim() === '') {
    throw new Error(`${option} is empty: say something, or leave it out where it is not needed`);
  }
  if (text !== undefined && text.length > most) {
    throw new Error(`${option} has ${text.length} characters, and may have ${most}`);
  }
}

function placeOf(controller: string | undefined, { stack, region }: PlaceOptions): Place {
  if ((controller === undefined) === (stack === undefined)) {
    throw new Error(
      controller === undefined
        ? "it is not said which rollout: give the name of its controller's function, or --stack"
        : `both the controller '${controller}' and --stack ${stack} are given: leave one of them out`,
    );
  }
  if (controller === undefined) {
    return { stack, region };
  }
  const parts = partsOfFunction(controller);
  if (parts === undefined || parts.qualifier !== undefined) {
    throw new Error(
      `'${controller}' is no controller: give the name of its function, or its ARN, without a version or an alias`,
    );
  }
  return { controller, region: region ?? parts.region?.region };
}
