import type { Outcome, RolloutItem, RolloutProperties, Trouble } from '../rollout/contract';
import { isRunning } from '../rollout-controller/draft';
import { statusOf } from '../rollout-controller/status';

/** What CloudFormation asks, with what `onEvent` has added to it. */
export interface ResourceRequest {
  readonly type: 'Create' | 'Update' | 'Delete';
  /** Physical id; of a creation the one that it is going to have. */
  readonly id: string;
  readonly properties: RolloutProperties;
  /** When it was asked, in milliseconds since 1970. */
  readonly since: number;
}

export type ResourceProgress =
  | { readonly kind: 'complete' }
  | { readonly kind: 'waiting'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string };

/** CloudFormation shows the beginning of a reason, and no more. */
const MOST_CHARACTERS = 900;
/** What fails for so long, ten times and more, does not mend itself while a stack waits. */
const PATIENCE = 10 * 60_000;

const COMPLETE: ResourceProgress = { kind: 'complete' };

/** Whether what a stack has asked for is there; `now` in milliseconds since 1970. */
export function progressOf(request: ResourceRequest, item: RolloutItem | undefined, now: number): ResourceProgress {
  const { type, id, properties } = request;
  if (type === 'Delete') {
    return item === undefined || isOfAnother(item, id) ? COMPLETE : deletionOf(request, item, now);
  }
  if (item?.desired === undefined) {
    return failed(
      request,
      `there is no item of it in the table ${properties.table}`,
      'somebody has deleted it: deploy again',
    );
  }
  if (item.desired.version !== properties.version) {
    return failed(
      request,
      `${item.desired.version === undefined ? 'its deletion' : `version ${item.desired.version}`} is what is desired by now`,
    );
  }
  // Of a target that was there before, such as that of another kind of rollout, a creation is an update.
  const found = item.rollout?.attempt === item.desired.attempt && item.rollout.baseline !== undefined;
  return type === 'Create' && !found ? firstOf(request, item, now) : updateOf(request, item, now);
}

/** Whether a custom resource was replaced by another, for which its own deletion changes nothing. */
export function isOfAnother({ owner }: RolloutItem, id: string): boolean {
  return owner !== undefined && owner.id !== id;
}

function deletionOf(request: ResourceRequest, item: RolloutItem, now: number): ResourceProgress {
  if (item.desired?.version !== undefined) {
    return failed(request, `version ${item.desired.version} is desired again`);
  }
  return statusOf(item).settled ? COMPLETE : underWay(request, item, now);
}

/** Until there is a live version; a stack without one is no stack. */
function firstOf(request: ResourceRequest, item: RolloutItem, now: number): ResourceProgress {
  return statusOf(item).settled ? ended(request, item) : underWay(request, item, now);
}

function updateOf(request: ResourceRequest, item: RolloutItem, now: number): ResourceProgress {
  const { waitSeconds } = request.properties;
  const seconds = Number(waitSeconds);
  const { settled } = statusOf(item);
  if (seconds === 0) {
    // A verdict is none of the stack's business, and neither is what goes wrong with a version that it asked for.
    return settled || isUnderWay(item) ? COMPLETE : underWay(request, item, now);
  }
  if (settled) {
    return ended(request, item);
  }
  if (now - request.since > seconds * 1000) {
    return failed(request, `after ${seconds} seconds its rollout has not come to an end: ${whereOf(item)}`);
  }
  return underWay(request, item, now);
}

/** The version that is desired is the one that may have traffic beside the live one, and no other. */
function isUnderWay({ desired, rollout }: RolloutItem): boolean {
  return rollout !== undefined && rollout.attempt === desired?.attempt && rollout.outcome !== 'unchanged';
}

function ended(request: ResourceRequest, { rollout }: RolloutItem): ResourceProgress {
  const { outcome, reason } = rollout!;
  if (outcome === 'promoted' || outcome === 'unchanged') {
    return COMPLETE;
  }
  const words: Partial<Record<Outcome, string>> = {
    'rolled-back': 'it was rolled back',
    failed: 'it failed, and there is no version to go back to',
    gone: 'somebody else has deleted what it was to serve',
  };
  return failed(request, `${words[outcome!] ?? outcome}: ${reason?.text ?? 'no reason is known'}`);
}

function underWay(request: ResourceRequest, item: RolloutItem, now: number): ResourceProgress {
  const { rollout, desired, blind } = item;
  const troubles = isRunning(item) ? [rollout!.trouble, rollout!.blind] : [blind];
  const lasting = troubles.find((trouble) => isLasting(trouble, desired!.settings.maxFailures, now));
  if (lasting !== undefined) {
    return failed(request, `${lasting.count} times in a row: ${lasting.last}`, 'the controller goes on trying');
  }
  if (!isRunning(item) && blind === undefined && now - request.since >= PATIENCE) {
    const { controllerName } = request.properties;
    return failed(
      request,
      `its controller has not looked at it for ${PATIENCE / 60_000} minutes`,
      `look at the logs of the function ${controllerName}`,
    );
  }
  return { kind: 'waiting', text: whereOf(item) };
}

function isLasting(trouble: Trouble | undefined, maxFailures: number, now: number): trouble is Trouble {
  return trouble !== undefined && trouble.count >= maxFailures && now - trouble.since >= PATIENCE;
}

function whereOf(item: RolloutItem): string {
  const { candidate, phase, percent, pause, waitingForApproval, trouble, settled } = statusOf(item);
  if (settled || !isRunning(item)) {
    return `it has not begun${trouble === undefined ? '' : `: ${trouble}`}`;
  }
  return [
    `version ${candidate} is ${phase} at ${percent} %`,
    ...(pause === undefined ? [] : [`it is paused: ${pause.reason}`]),
    ...(waitingForApproval ? ["it waits for somebody's approval"] : []),
    ...(trouble === undefined ? [] : [trouble]),
  ].join('; ');
}

function failed({ type, properties }: ResourceRequest, reason: string, remedy?: string): ResourceProgress {
  return { kind: 'failed', text: explained(type, properties, reason, remedy) };
}

/** Why a stack does not get what it asked for, with what to look at next; of all that the reason is what may be cut. */
export function explained(
  type: ResourceRequest['type'],
  { target, version, controllerName }: RolloutProperties,
  reason: string,
  remedy?: string,
): string {
  const what = type === 'Delete' ? `deletion of '${target}'` : `version ${version} of '${target}'`;
  const next = [
    ...(remedy === undefined ? [] : [remedy]),
    `look at: inference-patterns rollout status ${controllerName}`,
  ];
  const around = `${what}: . ${next.join('; ')}`;
  const room = MOST_CHARACTERS - around.length;
  const shown = reason.length <= room ? reason : `${reason.slice(0, Math.max(0, room - 3))}...`;
  return `${what}: ${shown}. ${next.join('; ')}`.slice(0, MOST_CHARACTERS);
}
