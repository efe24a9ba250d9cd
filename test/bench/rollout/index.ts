import type { ProvisionedEnvironments } from '../../../lambda/rollout-target/contract';
import { DeployedRollout, listenForRollouts } from '../../lambda/rollout-controller/deployed-rollout';
import type { BenchResult } from '../bench-result';

const SCALED: ProvisionedEnvironments = { min: 4, max: 20, targetUtilization: 0.7, schedules: [] };
const BAKE_MINUTES = 10;
/** Of a state machine of type Standard in an execution. */
const MOST_EVENTS = 25_000;

/** One rollout, whose steps are so many minutes long. */
interface Counted {
  readonly minutes: number;
  readonly calls: number;
  readonly changes: number;
  readonly events: number;
  readonly ticks: number;
}

/** Requests to AWS, and events of the state machine, that a whole rollout takes; through the real handlers and clients. */
export async function benchRollout(): Promise<BenchResult> {
  const stop = await listenForRollouts();
  try {
    const cases = [
      { steps: [100], provisioned: undefined },
      { steps: [5, 20, 50, 100], provisioned: undefined },
      { steps: [5, 20, 50, 100], provisioned: SCALED },
      { steps: [1, 2, 5, 10, 20, 30, 50, 70, 90, 100], provisioned: undefined },
    ];
    const counted: (Counted & { readonly steps: readonly number[]; readonly scaled: boolean })[] = [];
    for (const { steps, provisioned } of cases) {
      counted.push({ steps, scaled: provisioned !== undefined, ...(await rolledOut(steps, provisioned)) });
    }
    const [one, four, scaled, ten] = counted;
    const perStep = (of: 'calls' | 'events'): number => (ten[of] - one[of]) / (ten.steps.length - one.steps.length);
    return {
      name: `a rollout by steps of ${BAKE_MINUTES} minutes`,
      rows: counted.map(({ steps, scaled: provisioned, minutes, calls, changes, events, ticks }) => ({
        steps: steps.join('-'),
        'provisioned environments': provisioned ? 'yes' : 'no',
        minutes,
        'requests to AWS': calls,
        'that change the target': changes,
        ticks,
        'events of the state machine': events,
        'requests a minute': calls / minutes,
        'events a minute': events / minutes,
      })),
      limits: [
        { name: 'requests that one more step takes', measured: perStep('calls'), limit: 150, unit: '' },
        { name: 'events that one more step takes', measured: perStep('events'), limit: 200, unit: '' },
        {
          name: 'requests, with environments beside without',
          measured: scaled.calls / four.calls,
          limit: 1.5,
          unit: 'x',
        },
        {
          name: 'events of 5-20-50-100 beside all that a history may have',
          measured: four.events / MOST_EVENTS,
          limit: 0.05,
          unit: 'x',
        },
      ],
    };
  } finally {
    stop();
  }
}

async function rolledOut(steps: readonly number[], provisioned?: ProvisionedEnvironments): Promise<Counted> {
  const rollout = DeployedRollout.begun({
    provisioned,
    settings: {
      judge: {
        steps: steps.map((percent) => ({ percent, bakeMinutes: BAKE_MINUTES, minRequests: 10 })),
        metrics: [{ name: 'errors' }, { name: 'slow' }],
      },
    },
  });
  try {
    const [one, two] = [rollout.publish(), rollout.publish()];
    let before = { calls: 0, changes: 0, executions: 0 };
    rollout.minutes(1, () => rollout.stack('Create', one));
    rollout.minutes(30, () => {
      const { calls, changes } = rollout.loopback;
      before = { calls: calls.length, changes: changes.length, executions: rollout.machine.executions.size };
      rollout.stack('Update', two);
    });
    await rollout.run();
    if (rollout.ending !== 'promoted: baked') {
      throw new Error(`the rollout by ${steps.join('-')} ended ${rollout.ending}`);
    }
    const { startedAt, endedAt } = rollout.item.rollout!;
    const executions = [...rollout.machine.executions.values()].slice(before.executions);
    const total = (of: 'events' | 'ticks'): number => executions.reduce((sum, each) => sum + each[of], 0);
    return {
      minutes: (endedAt! - startedAt) / 60_000,
      calls: rollout.loopback.calls.length - before.calls,
      changes: rollout.loopback.changes.length - before.changes,
      events: total('events'),
      ticks: total('ticks'),
    };
  } finally {
    rollout.end();
  }
}
