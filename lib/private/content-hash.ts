import { createHash } from 'crypto';
import { type CfnResource, Lazy, Stack } from 'aws-cdk-lib';

const DIGITS = 8;

/**
 * Makes a resource anew whenever one of the others changes in anything, by taking a hash of their content into its
 * logical id. Where the stack rolls back, the resource that belonged to the old content is then still there, as it was.
 */
export function renewWithContent(resource: CfnResource, content: () => readonly CfnResource[]): void {
  const stack = Stack.of(resource);
  const own = stack.getLogicalId(resource);
  let known: string | undefined;
  resource.overrideLogicalId(
    Lazy.uncachedString({
      produce: (context) => {
        if (context.preparing) {
          known = undefined;
          return own;
        }
        known ??= own + hashOf(stack, content());
        return known;
      },
    }),
  );
}

function hashOf(stack: Stack, resources: readonly CfnResource[]): string {
  const hash = createHash('sha256');
  for (const resource of resources) {
    const { Resources } = stack.resolve(
      (resource as unknown as { _toCloudFormation(): unknown })._toCloudFormation(),
    ) as {
      Resources: Record<string, { Properties?: object }>;
    };
    for (const { Properties } of Object.values(Resources)) {
      // A tag changes in place: what it is on stays, and so does what watches it.
      hash.update(JSON.stringify({ ...Properties, Tags: undefined }));
    }
  }
  return hash.digest('hex').slice(0, DIGITS).toUpperCase();
}
