import { Lazy, type IResolveContext } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';

/**
 * Derives the logical id of a function's version once per synthesis. aws-cdk-lib derives it from the whole function,
 * its layers included, anew wherever the version is mentioned, and each alarm on the version mentions it in every
 * metric: that was a fifth of the time of synthesis.
 *
 * Synthesis first looks for references, then renders. Nothing looks at the id while references are looked for, and from
 * then on the function no longer changes, so the first rendering's result holds until references are looked for again.
 */
export function deriveIdOnce(version: lambda.IVersion): void {
  const resource = version.node.defaultChild as lambda.CfnVersion | undefined;
  const derived: unknown = resource === undefined ? undefined : Reflect.get(resource, DERIVED);
  if (resource === undefined || typeof derived !== 'string') {
    return; // An imported version, or an aws-cdk-lib that keeps it elsewhere: slower, and as right.
  }
  let known: string | undefined;
  const produce = (context: IResolveContext): string => {
    if (context.preparing) {
      known = undefined;
      return 'Version';
    }
    known ??= context.resolve(derived) as string;
    return known;
  };
  resource.overrideLogicalId(Lazy.uncachedString({ produce }));
}

/** Where a resource keeps the logical id that it was told to have. */
const DERIVED = '_logicalIdOverride';
