import type { ResolvedResource, ResolvedTemplate } from '../template/resolved-template';
import { at, has, isMissing, listAt, numberAt, remembered, type Resolved, textAt } from '../template/resolved-value';
import { endpointNamed } from './endpoints';
import { perResource, type Rule, type RuleDefinition } from './rule';

export const ALARM: readonly string[] = ['AWS::CloudWatch::Alarm'];

/** A metric that an alarm watches. */
export interface Watched {
  readonly namespace: string;
  readonly name: string;
  /** By their names; absent where not all names are known. */
  readonly dimensions?: ReadonlyMap<string, Resolved>;
  readonly statistic?: string;
  readonly period?: number;
}

const WATCHED = new WeakMap<ResolvedResource, readonly Watched[]>();

/** The metrics of an alarm; one whose namespace or name is not known is left out. */
export function watchedBy(alarm: ResolvedResource): readonly Watched[] {
  return remembered(WATCHED, alarm, () => allWatched(alarm));
}

function allWatched({ properties }: ResolvedResource): readonly Watched[] {
  const simple = has(properties, 'MetricName')
    ? [watched(properties, textAt(properties, 'Statistic') ?? textAt(properties, 'ExtendedStatistic'), properties)]
    : [];
  const queries = listAt(properties, 'Metrics')
    .filter((query) => has(query, 'MetricStat'))
    .map((query) => {
      const stat = at(query, 'MetricStat');
      return watched(at(stat, 'Metric'), textAt(stat, 'Stat'), stat);
    });
  return [...simple, ...queries].filter((metric) => metric !== undefined);
}

function watched(metric: Resolved, statistic: string | undefined, holder: Resolved): Watched | undefined {
  const namespace = textAt(metric, 'Namespace');
  const name = textAt(metric, 'MetricName');
  return namespace === undefined || name === undefined
    ? undefined
    : { namespace, name, dimensions: dimensionsOf(metric), statistic, period: numberAt(holder, 'Period') };
}

function dimensionsOf(metric: Resolved): ReadonlyMap<string, Resolved> | undefined {
  const given = at(metric, 'Dimensions');
  if (!Array.isArray(given)) {
    return isMissing(metric, 'Dimensions') ? new Map() : undefined;
  }
  const entries = (given as readonly Resolved[]).map(
    (dimension) => [textAt(dimension, 'Name'), at(dimension, 'Value')] as const,
  );
  return entries.every((entry): entry is readonly [string, Resolved] => entry[0] !== undefined)
    ? new Map(entries)
    : undefined;
}

/** The endpoint that a metric is about, where it is known. */
export function endpointOf({ dimensions }: Watched, template: ResolvedTemplate): ResolvedResource | undefined {
  return endpointNamed(dimensions?.get('EndpointName'), template);
}

/** A rule over each metric of each alarm. */
export function perMetric(
  definition: RuleDefinition,
  faultOf: (metric: Watched, alarm: ResolvedResource, template: ResolvedTemplate) => string | undefined,
): Rule {
  return perResource(ALARM, definition, (alarm, template) =>
    watchedBy(alarm)
      .map((metric) => faultOf(metric, alarm, template))
      .filter((message) => message !== undefined)
      .map((message) => ({ message })),
  );
}
