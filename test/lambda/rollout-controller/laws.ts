import { statusOf } from '../../../lambda/rollout-controller/status';
import { MINUTE, type RolloutWorld } from './rollout-world';

/** Seconds within which the call to go back follows the verdict. */
const RETREAT_SECONDS = 5;

/** What a world that came to rest breaks of what must hold, whatever happened in it. */
export function brokenLaws(world: RolloutWorld, { prompt = true } = {}): string[] {
  const { service, item, events, machine, settings } = world;
  const { rollout, desired } = item;
  const faults = [...service.broken];
  const demand = (holds: boolean, fault: string): void => {
    if (!holds) {
      faults.push(fault);
    }
  };

  demand(!machine.isRunning, 'an execution goes on');
  demand(rollout !== undefined && statusOf(item).settled, `it is in phase ${rollout?.phase}`);
  // All new or all old.
  demand(service.percent === 0, `${service.candidate} has ${service.percent} % in the end`);
  const ends: Record<string, readonly (string | undefined)[]> = {
    promoted: [rollout?.candidate],
    'rolled-back': [rollout?.baseline, ...(rollout?.reason?.code === 'changed-outside' ? [service.live] : [])],
    unchanged: [rollout?.candidate],
    failed: [rollout?.candidate, ...(rollout?.reason?.code === 'failures' ? [undefined] : [])],
    removed: [undefined],
    gone: [undefined],
  };
  demand(
    (ends[rollout?.outcome ?? ''] ?? []).includes(service.live),
    `it is ${rollout?.outcome} from ${rollout?.baseline} to ${rollout?.candidate}, and ${service.live} is live`,
  );
  // Nothing left behind.
  const left = [...service.capacity.keys()].filter((version) => version !== service.live);
  demand(
    left.length === 0 && service.candidate === undefined,
    `left behind: ${left.join(', ')} ${service.candidate ?? ''}`,
  );
  const versions = [...service.versions].filter((version) => version !== service.live && version !== desired?.version);
  demand(versions.length === 0 || rollout?.reason?.code === 'changed-outside', `not removed: ${versions.join(', ')}`);
  demand(service.live === undefined || service.versions.has(service.live), `${service.live} is live and was removed`);
  demand(item.lease === undefined && item.inbox.length === 0, 'a lease or a request is left');
  // One rollout at a time, and everybody was told of it, in order.
  const places = [...new Map(events.map((event) => [event.place, event.what]))].sort(([a], [b]) => a - b);
  demand(
    places.every(([place], index) => place === index) && places.length === item.nextEntry,
    `told were ${places.map(([place]) => place).join(', ')} of ${item.nextEntry}`,
  );
  demand(world.archive.size === item.nextEntry, `archived were ${world.archive.size} of ${item.nextEntry}`);
  const marks = places.map(([, what]) => what).filter((what) => what === 'started' || what === 'ended');
  demand(
    marks.every((what, index) => what === (index % 2 === 0 ? 'started' : 'ended')),
    `not one after the other: ${marks.join(', ')}`,
  );
  // No more than the share of the next step, not before the bake of the one before.
  const percents = settings.judge.steps.map(({ percent }) => percent);
  for (const [index, { time, percent }] of service.shares.entries()) {
    const before = service.shares[index - 1] ?? { time: 0, percent: 0 };
    if (percent > before.percent && !world.promoted && !world.outside) {
      const step = percents.indexOf(before.percent) + 1;
      demand(percent === percents[step], `from ${before.percent} to ${percent} %`);
      const baked = step === 0 ? Infinity : (time - before.time) / MINUTE;
      demand(
        world.approvedByHand || baked >= settings.judge.steps[Math.max(0, step - 1)].bakeMinutes,
        `${before.percent} % baked for ${baked.toFixed(1)} minutes`,
      );
    }
  }
  const last = service.shares.at(-2);
  if (rollout?.reason?.code === 'baked') {
    const baked = (service.shares.at(-1)!.time - last!.time) / MINUTE;
    demand(
      last!.percent === 100 && baked >= settings.judge.steps.at(-1)!.bakeMinutes,
      `the final bake took ${baked} minutes`,
    );
  }
  // Back at once.
  if (prompt) {
    for (const verdict of world.verdicts) {
      const call = service.retreats.find((time) => time >= verdict);
      demand(
        call !== undefined && call - verdict <= RETREAT_SECONDS * 1000,
        `back after ${((call ?? Infinity) - verdict) / 1000} s`,
      );
    }
  }
  for (const { name, events: history } of machine.executions.values()) {
    demand(history < 20_000, `${name} has a history of ${history} events`);
  }
  return faults;
}
