import * as path from 'node:path';
import Table from 'cli-table3';
import { ROLLOUT_PLAN_METADATA, type RenderedPlan } from '../../lib/rollout/rollout-plan';
import { findMetadata, readStacks, type AssemblyStack } from '../assembly';

/** What a synthesized app would deploy: a table per stack of its resources, alarms and rollout plans. */
export function assemblyReport(directory: string): string {
  return readStacks(directory).map(stackReport).join('\n\n');
}

function stackReport(stack: AssemblyStack): string {
  const resources = Object.values(stack.template.Resources);
  const table = new Table({
    head: [stack.name, `${resources.length} resources, ${path.relative(process.cwd(), stack.templateFile)}`],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [22, 96],
  });
  table.push(['resources', resourceCounts(resources.map(({ Type }) => Type))]);
  table.push(['alarms', alarmLines(resources).join('\n')]);
  for (const { construct, data } of findMetadata(stack, ROLLOUT_PLAN_METADATA)) {
    table.push([`rollout of ${construct.split('/').slice(2).join('/')}`, planLines(data as RenderedPlan).join('\n')]);
  }
  return table.toString();
}

function resourceCounts(types: readonly string[]): string {
  const counts = new Map<string, number>();
  types.forEach((type) => counts.set(type, (counts.get(type) ?? 0) + 1));
  return [...counts]
    .map(([type, count]) => `${type.replace('AWS::', '').replace('::', ' ')}${count > 1 ? ` x${count}` : ''}`)
    .join(', ');
}

function alarmLines(resources: readonly { readonly Type: string; readonly Properties?: unknown }[]): string[] {
  return resources
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm' || Type === 'AWS::CloudWatch::CompositeAlarm')
    .map(
      ({ Properties }) => `- ${known((Properties as { AlarmDescription: unknown }).AlarmDescription).split('. ')[0]}`,
    );
}

/** A text of a template, in which what is known only when it is deployed stands as three dots. */
function known(text: unknown): string {
  const parts =
    typeof text === 'string' ? [text] : (text as { readonly 'Fn::Join': [string, unknown[]] })['Fn::Join'][1];
  return parts.map((part) => (typeof part === 'string' ? part : '...')).join('');
}

function planLines(plan: RenderedPlan): string[] {
  return [
    plan.strategy,
    ...plan.before.map((hook) => `before: ${hook}`),
    ...plan.steps.map(({ percent, startsAfterMinutes, startsByMinutes, extraInstances }) => {
      const latest = startsByMinutes === undefined ? '' : ` (${startsByMinutes} at the latest)`;
      const paid = extraInstances === undefined ? '' : `, up to ${extraInstances} instances more are paid for`;
      return `minute ${startsAfterMinutes}${latest}: ${percent} % of the traffic${paid}`;
    }),
    `over after ${plan.durationMinutes} minutes; rolled back within ${plan.timeToRollBackMinutes} minutes of a fault, by:`,
    ...plan.watches.map((alarm) => `- ${alarm}`),
    ...plan.notes.map((note) => `note: ${note}`),
  ];
}
