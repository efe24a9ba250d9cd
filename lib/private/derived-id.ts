import { Lazy, Stack, type CfnResource, type IResolveContext } from 'aws-cdk-lib';

/**
 * Derives the logical id of a resource once per synthesis, for resources whose id aws-cdk-lib derives from what they are
 * made of: a function's version from the whole function, a REST API's deployment from the whole API. It does so anew
 * wherever the resource is mentioned, and each alarm on a version mentions it in every metric: together that was a
 * fourth of the time of synthesis.
 *
 * Synthesis first looks for references, then renders. Nothing looks at the id while references are looked for, and from
 * then on nothing changes any more, so the first rendering's result holds until references are looked for again.
 */
export function deriveIdOnce(resource: CfnResource | undefined): void {
  const derived: unknown = resource === undefined ? undefined : Reflect.get(resource, DERIVED);
  if (resource === undefined || typeof derived !== 'string') {
    return; // An imported resource, or an aws-cdk-lib that keeps it elsewhere: slower, and as right.
  }
  let known: string | undefined;
  const produce = (context: IResolveContext): string => {
    if (context.preparing) {
      known = undefined;
      return 'Derived';
    }
    known ??= context.resolve(derived) as string;
    return known;
  };
  resource.overrideLogicalId(Lazy.uncachedString({ produce }));
}

/** Where a resource keeps the logical id that it was told to have. */
const DERIVED = '_logicalIdOverride';

/** As many digits of a version's own hash as tell versions of one function apart. */
const HASH_DIGITS = 8;

/**
 * Makes a resource anew with each version, by taking the end of the version's logical id, which is a hash, into its own.
 * Where the stack rolls back, the resource of the old version is then still there, as it was.
 */
export function renewWithVersion(resource: CfnResource, version: CfnResource | undefined): void {
  if (version === undefined) {
    return;
  }
  const own = Stack.of(resource).getLogicalId(resource);
  resource.overrideLogicalId(
    Lazy.uncachedString({
      produce: (context) =>
        context.preparing ? own : `${own}${(context.resolve(version.logicalId) as string).slice(-HASH_DIGITS)}`,
    }),
  );
}
