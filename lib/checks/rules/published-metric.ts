/** What a service publishes: the exact sets of dimension names under which a metric exists, and what can be asked of it. */
export interface PublishedMetric {
  readonly dimensionSets: readonly (readonly string[])[];
  /** Statistics that exist of it; any, unless the service names some. */
  readonly statistics?: RegExp;
}

/** The metrics of one namespace by their names. */
export type PublishedNamespace = Readonly<Record<string, PublishedMetric>>;

/** Metrics that are published alike. */
export function each(names: readonly string[], ...dimensionSets: readonly (readonly string[])[]): PublishedNamespace {
  return Object.fromEntries(names.map((name) => [name, { dimensionSets }]));
}

/** The same with the statistics that the service lists. */
export function eachWith(statistics: RegExp, metrics: PublishedNamespace): PublishedNamespace {
  return Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, { ...metric, statistics }]));
}
