import Table from 'cli-table3';
import type { ArmEvidence, Judgement } from '../../lambda/rollout-judge/contract';
import type { Reason, RolloutItem, TrailEntry } from '../../lambda/rollout/contract';
import { isRunning } from '../../lambda/rollout-controller/draft';
import { statusOf } from '../../lambda/rollout-controller/status';
import {
  duration,
  gateInWords,
  liveVersion,
  number,
  shareInWords,
  stepsInWords,
  time,
  waitsFor,
  whatToDo,
} from './in-words';

const LABEL = 12;

/** A rollout as people read it; undefined is a target to which nothing was ever deployed. */
export function statusText(target: string, item: RolloutItem | undefined, now: number, entries: number): string {
  if (item === undefined) {
    return [line('target', target), 'Nothing was ever deployed to it, or its item is gone: there is no rollout.'].join(
      '\n',
    );
  }
  const { rollout, desired } = item;
  const live = liveVersion(item);
  const pending = desired !== undefined && desired.attempt !== rollout?.attempt;
  const lines = [
    line('target', target),
    ...(live === undefined ? [] : [line('live', `version ${live}`)]),
    ...(pending ? [line('desired', `${versionOf(desired.version)}, not begun yet, asked by ${desired.by}`)] : []),
    ...(rollout === undefined ? [] : isRunning(item) ? running(item, now) : ended(item, now)),
  ];
  const waits = waitsFor(item, now);
  if (waits !== undefined) {
    lines.push(line('waits for', waits));
  }
  const { trouble } = statusOf(item);
  const count = (isRunning(item) ? (rollout?.trouble ?? rollout?.blind) : item.blind)?.count;
  if (trouble !== undefined) {
    lines.push(line('trouble', `${count} times in a row: ${trouble}`));
  }
  whatToDo(item).forEach((todo, place) => lines.push(line(place === 0 ? 'to do' : '', todo)));
  if (rollout?.judgement !== undefined) {
    lines.push('', metricsTable(rollout.judgement));
  }
  if (entries > 0 && item.trail.length > 0) {
    lines.push('', ...item.trail.slice(-entries).map(entryText));
  }
  return lines.join('\n');
}

export function entryText({ time: at, what, text, by }: TrailEntry): string {
  return `${time(at)}  ${what.padEnd(10)}  ${text}${by === undefined ? '' : ` (by ${by})`}`;
}

function running(item: RolloutItem, now: number): string[] {
  const rollout = item.rollout!;
  const { phase, phaseSince, step, settings, judgement, pause, deadline, deadlineOver, reason, candidate } = rollout;
  const { steps } = settings.judge;
  const lines = [
    line('candidate', `version ${candidate}, ${shareInWords(rollout)}`),
    line('phase', `${phase} for ${duration(now - phaseSince)}, since ${time(phaseSince)}`),
    line('steps', `${stepsInWords(rollout)}${step < 0 ? '' : `, step ${step + 1} of ${steps.length}`}`),
  ];
  if (reason !== undefined) {
    lines.push(line('reason', reasonInWords(reason)));
  }
  if (phase === 'baking') {
    const { bakeMinutes, maxBakeMinutes } = steps[step];
    const baked = judgement?.step === step ? judgement.bakedMinutes : 0;
    const kind = step === steps.length - 1 ? 'the final bake' : `extended to ${maxBakeMinutes} in doubt`;
    lines.push(line('bake', `${baked} of ${bakeMinutes} minutes, ${kind}`));
  }
  if (judgement !== undefined) {
    lines.push(line('verdict', verdict(judgement)));
  }
  if (pause !== undefined) {
    const why = {
      operator: `by ${pause.by}`,
      inconclusive: 'for having too little to say',
      deadline: 'by the deadline',
    };
    const text = pause.reason === '' ? '' : `: ${pause.reason}`;
    lines.push(
      line('PAUSED', `${why[pause.why]} for ${duration(now - pause.since)}, since ${time(pause.since)}${text}`),
    );
  } else if (!deadlineOver) {
    lines.push(line('deadline', now < deadline ? `in ${duration(deadline - now)}` : 'is over'));
  }
  return lines;
}

function ended({ rollout }: RolloutItem, now: number): string[] {
  const { candidate, outcome, reason, endedAt, startedAt, judgement } = rollout!;
  const at = endedAt ?? startedAt;
  return [
    line('outcome', `version ${candidate}: ${outcome}, ${duration(now - at)} ago, at ${time(at)}`),
    ...(reason === undefined ? [] : [line('reason', reasonInWords(reason))]),
    ...(judgement === undefined ? [] : [line('verdict', verdict(judgement))]),
  ];
}

function reasonInWords({ code, text }: Reason): string {
  return text.startsWith(code) ? text : `${code}: ${text}`;
}

function verdict(judgement: Judgement): string {
  const { percent, minute } = judgement;
  return `${judgement.verdict} at ${percent} %, by the counts up to ${time((minute + 1) * 60_000)}: ${gateInWords(judgement)}`;
}

function metricsTable({ metrics }: Judgement): string {
  const table = new Table({
    head: ['bad of requests', 'new version', 'old version', 'times as bad', 'at least', 'says'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const metric of metrics) {
    const { name, observeOnly, candidate, baseline, ratio, ratioAtLeast } = metric;
    table.push([
      observeOnly ? `${name} (no say)` : name,
      arm(candidate),
      arm(baseline),
      ratio === null ? '-' : ratio.toFixed(2),
      ratioAtLeast > 0 ? ratioAtLeast.toFixed(2) : '-',
      `${metric.verdict}: ${gateInWords(metric, metric)}`,
    ]);
  }
  return table.toString();
}

function arm({ requests, bad, rate }: ArmEvidence): string {
  return `${number(bad)} of ${number(requests)}${rate === null ? '' : ` (${Number((100 * rate).toPrecision(3))} %)`}`;
}

function versionOf(version: string | undefined): string {
  return version === undefined ? 'to be removed' : `version ${version}`;
}

function line(label: string, text: string): string {
  return `${label.padEnd(LABEL)}${text}`;
}
