import type { ResolvedResource, ResolvedTemplate } from '../resolved-template';
import type { Found, Rule } from '../rule';

/** A rule over each resource of some types, looked at by itself and with the rest of the template. */
export function perResource(
  types: readonly string[],
  definition: Omit<Rule, 'check'>,
  faultOf: (resource: ResolvedResource, template: ResolvedTemplate) => string | undefined,
): Rule {
  return {
    ...definition,
    *check(template): Iterable<Found> {
      for (const resource of template.ofType(...types)) {
        const message = faultOf(resource, template);
        if (message !== undefined) {
          yield { resource: resource.logicalId, message };
        }
      }
    },
  };
}
