import type { Gate, Judgement, MetricEvidence } from '../../lambda/rollout-judge/contract';
import type { Phase, Rollout, RolloutItem } from '../../lambda/rollout/contract';
import { shareOf } from '../../lambda/rollout-controller/draft';
import { statusOf } from '../../lambda/rollout-controller/status';
import { awaitedApproval } from '../../lambda/rollout-controller/awaited-approval';

const GATES: Readonly<Record<Gate, string>> = {
  none: 'nothing is in the way',
  bake: 'the bake of the step is not over',
  'no-data': 'no minute so far in this step in which both versions had requests and counts',
  samples: 'too few requests of the new version in this step',
  warning: 'it looks worse, but not surely so',
  effect: 'it is worse for sure, but by too little, or in too few events',
  'second-look': 'it is worse for sure, and the next minute must agree',
  'baseline-bad': 'both versions are bad, which is no fault of the new one',
  evidence: 'it is worse for sure',
  'fast-path': 'one minute was bad beyond doubt',
  'hold-over': 'both versions were bad for too long',
  ceiling: 'it is bad, with no old version left to compare with',
};

const EFFECTS: Readonly<Record<MetricEvidence['tooSmall'][number], string>> = {
  minBad: 'too few events',
  minRatio: 'too small a ratio',
  minDifference: 'too small a difference',
};

/** Why the judge says what it says, of all metrics or of one. */
export function gateInWords({ gate }: { readonly gate: Gate }, metric?: MetricEvidence): string {
  if (metric !== undefined && gate === 'samples') {
    return `too few requests: ${number(metric.stepRequests)} of ${number(metric.minRequests)} in this step`;
  }
  if (metric !== undefined && gate === 'effect' && metric.tooSmall.length > 0) {
    return `worse for sure, but with ${metric.tooSmall.map((part) => EFFECTS[part]).join(' and ')}`;
  }
  return GATES[gate];
}

/** What the rollout goes on by, when nobody does anything; undefined when it has come to its end. */
export function waitsFor(item: RolloutItem, now: number): string | undefined {
  const { rollout, desired } = item;
  if (statusOf(item).settled) {
    return undefined;
  }
  if (rollout === undefined || rollout.phase === 'done') {
    const what = desired?.version === undefined ? 'the deletion' : `the rollout of version ${desired.version}`;
    return `the controller's next look, within a minute: then ${what} begins`;
  }
  if (rollout.pause !== undefined) {
    return `somebody: it is paused${rollout.pause.why === 'operator' ? '' : ' and does not go on by itself'}; the judge goes on judging`;
  }
  const gated = awaitedApproval(item);
  if (gated !== undefined) {
    return `somebody's approval of ${shareAt(rollout, gated)} %`;
  }
  return inPhase(rollout, now);
}

function inPhase(rollout: Rollout, now: number): string {
  const { step, candidate, baseline, litter, settings, checked, hooksPassed } = rollout;
  switch (rollout.phase) {
    case 'checking':
      if (!checked) {
        return `the answers of version ${candidate} to the model's examples`;
      }
      return settings.hooks.before !== undefined && !hooksPassed.includes('before')
        ? `the hook before the first step, ${settings.hooks.before}`
        : 'the alarms, which could not be asked yet, or the next look';
    case 'creating':
      return `version ${candidate} to serve, the first one`;
    case 'staging':
      return `version ${candidate} to be ready for ${shareAt(rollout, step)} % of the traffic`;
    case 'shifting':
      return `the service to give version ${candidate} ${shareAt(rollout, step)} % of the traffic`;
    case 'baking':
      return inBake(rollout, now);
    case 'promoting':
      return `version ${candidate} to become the live one`;
    case 'retreating':
      return `all traffic to be back on ${baseline === undefined ? 'the live version' : `version ${baseline}`}`;
    case 'cleaning':
      return litter.length === 0 ? 'the end' : `what version ${litter.join(', ')} left to be removed`;
    case 'done':
      return 'nothing';
  }
}

function inBake(rollout: Rollout, now: number): string {
  const { judgement, step, settings, hooksPassed, phaseSince, patienceUntil } = rollout;
  const { bakeMinutes, maxBakeMinutes } = settings.judge.steps[step];
  if (judgement === undefined || judgement.step !== step) {
    const seconds = Math.max(0, 60 + settings.metricDelaySeconds - Math.floor((now - phaseSince) / 1000));
    return `the counts of its first minute${seconds > 0 ? `, in ${seconds} seconds or a little more` : ''}`;
  }
  const { gate, bakedMinutes, heldMinutes } = judgement;
  // Whoever resumed it in spite of this gave it some more.
  const left = Math.max(0, maxBakeMinutes - bakedMinutes, (patienceUntil ?? 0) - judgement.minute);
  const longest = `${more(left)} at most`;
  switch (gate) {
    case 'bake':
      return `${more(bakeMinutes - bakedMinutes)} of this step`;
    case 'no-data':
      return `requests, and counts of them: ${longest}`;
    case 'samples':
      return `more requests: ${longest}`;
    case 'warning':
    case 'effect':
    case 'second-look':
      return `clearer evidence: ${longest}`;
    case 'baseline-bad':
      return `the old version to get well: ${more(Math.max(0, settings.judge.maxHoldMinutes - heldMinutes))} at most`;
    default: {
      const hook = settings.hooks.step;
      return hook !== undefined && !hooksPassed.includes(`step-${step}`)
        ? `the hook of the step, ${hook}`
        : 'the next look';
    }
  }
}

/** What whoever looks at it may do now, a line for each. */
export function whatToDo(item: RolloutItem): readonly string[] {
  const { rollout } = item;
  const { settled, outcome, trouble } = statusOf(item);
  if (rollout === undefined) {
    return [];
  }
  if (settled) {
    return outcome === 'rolled-back' && item.kept !== undefined
      ? ['`retry` tries the same version again, when the reason was not its own; else deploy another one']
      : [];
  }
  const done: string[] = [];
  const { pause, judgement } = rollout;
  if (pause?.why === 'operator') {
    done.push('`resume` goes on; `abort` gives all traffic back');
  } else if (pause?.why === 'deadline') {
    done.push(
      'look at why it took so long: the trail below',
      '`resume` goes on, without a deadline; `abort` gives all traffic back',
    );
  } else if (pause !== undefined) {
    done.push(
      ...afterTooLittle(judgement),
      '`approve` lets this step pass; `resume` gives it its longest bake once more; `abort` gives all traffic back',
    );
  } else if (awaitedApproval(item) !== undefined) {
    done.push('`approve` begins the step; `abort` gives all traffic back');
  }
  return trouble === undefined
    ? done
    : [...done, 'the trouble below is tried again until it goes; mend it, or `abort`'];
}

function afterTooLittle(judgement: Judgement | undefined): string[] {
  switch (judgement?.gate) {
    case 'no-data':
    case 'samples':
      return ['look at whether requests come at all, and whether both versions publish their metrics'];
    case 'warning':
    case 'effect':
    case 'second-look':
      return ["look at the table: it may be worse; read the new version's errors before it gets more traffic"];
    default:
      return [];
  }
}

/** In a few words, such as `version 8 is baking at 20 %, paused`. */
export function inShort(item: RolloutItem): string {
  const { candidate, phase, percent, pause, settled, outcome, desired } = statusOf(item);
  if (item.rollout === undefined || item.desired?.attempt !== item.rollout.attempt) {
    return desired === undefined ? 'it is to be removed' : `version ${desired} is to be rolled out`;
  }
  if (settled) {
    return `version ${candidate}: ${outcome ?? 'ended'}`;
  }
  const held = pause !== undefined ? ', paused' : awaitedApproval(item) !== undefined ? ', waiting for approval' : '';
  return `version ${candidate} is ${phase} at ${percent} %${held}`;
}

/** Where all traffic would be without the candidate, as far as the item knows. */
export function liveVersion({ rollout }: RolloutItem): string | undefined {
  switch (rollout?.outcome) {
    case 'promoted':
    case 'unchanged':
    case 'failed':
      return rollout.candidate;
    case 'removed':
    case 'gone':
      return undefined;
    default:
      return rollout?.baseline;
  }
}

/** Steps with the one that is under way in brackets. */
export function stepsInWords({ settings, step }: Rollout): string {
  const shares = settings.judge.steps.map(({ percent }, place) => (place === step ? `[${percent}]` : String(percent)));
  return `${shares.join('-')} %`;
}

export function shareInWords(rollout: Rollout): string {
  const ready: readonly Phase[] = ['staging', 'shifting'];
  const next = ready.includes(rollout.phase) ? `, to get ${shareAt(rollout, rollout.step)} %` : '';
  return `${shareOf(rollout)} % of the traffic${next}`;
}

export function duration(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) {
    return `${Math.max(0, Math.floor(milliseconds / 1000))} s`;
  }
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T', ' ').replace(/\.\d+/, '');
}

export function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 1 });
}

function more(minutes: number): string {
  return minutes === 1 ? 'one more minute' : `${minutes} more minutes`;
}

function shareAt({ settings }: Rollout, step: number): number {
  return settings.judge.steps[Math.min(Math.max(0, step), settings.judge.steps.length - 1)].percent;
}
