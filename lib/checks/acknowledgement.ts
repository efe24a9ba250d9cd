import { METADATA_KEY } from '../private/acknowledged-finding';
import type { Finding } from './finding';
import type { ResolvedTemplate } from './template/resolved-template';
import { plainObject } from './template/resolved-value';

/** A finding that somebody has looked at and accepts. */
export interface Acknowledgement {
  readonly id: string;
  readonly reason: string;
}

/**
 * What the metadata of a template or a resource acknowledges:
 * `InferenceChecks: { acknowledge: [{ id: alarm-no-effect, reason: shown on a wall }] }`.
 *
 * @throws with the place, when it is anything else or names a rule that does not exist
 */
export function acknowledgements(
  place: string,
  metadata: Readonly<Record<string, unknown>>,
  ruleIds: ReadonlySet<string>,
): readonly Acknowledgement[] {
  if (metadata[METADATA_KEY] === undefined) {
    return [];
  }
  const entries = plainObject(metadata[METADATA_KEY])?.acknowledge;
  if (!Array.isArray(entries)) {
    throw new Error(`${place}: Metadata.${METADATA_KEY}.acknowledge must be a list of { id, reason }`);
  }
  return (entries as readonly unknown[]).map((entry, index) => {
    const { id, reason } = plainObject(entry) ?? {};
    if (typeof id !== 'string' || typeof reason !== 'string' || reason.trim() === '') {
      throw new Error(`${place}: Metadata.${METADATA_KEY}.acknowledge[${index}] needs an 'id' and a 'reason'`);
    }
    requireRule(place, id, ruleIds);
    return { id, reason };
  });
}

/** @throws when an acknowledged rule does not exist */
export function requireRule(place: string, id: string, ruleIds: ReadonlySet<string>): void {
  if (!ruleIds.has(id)) {
    throw new Error(`${place} acknowledges the rule '${id}', which does not exist`);
  }
}

/** What is left of the findings after what templates and resources acknowledge in their metadata. */
export function withoutAcknowledged(
  findings: readonly Finding[],
  templates: readonly { readonly file: string; readonly resolved: ResolvedTemplate }[],
  ruleIds: ReadonlySet<string>,
): readonly Finding[] {
  const accepted = new Map<unknown, readonly Acknowledgement[]>();
  for (const { file, resolved } of templates) {
    accepted.set(resolved, acknowledgements(file, resolved.metadata, ruleIds));
    for (const resource of resolved.resources) {
      accepted.set(resource, acknowledgements(`${file}: ${resource.logicalId}`, resource.metadata, ruleIds));
    }
  }
  return findings.filter(
    ({ rule, resource }) =>
      ![...(accepted.get(resource) ?? []), ...(accepted.get(resource.template) ?? [])].some(({ id }) => id === rule.id),
  );
}
