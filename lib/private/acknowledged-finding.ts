import type { CfnResource } from 'aws-cdk-lib';

/** Key under which a template, or one of its resources, acknowledges findings of the checks in its `Metadata`. */
export const METADATA_KEY = 'InferenceChecks';

/** Answers a finding of the checks where this library itself knows why it is fine. */
export function acknowledgeFinding(resource: CfnResource, id: string, reason: string): void {
  resource.addMetadata(METADATA_KEY, { acknowledge: [{ id, reason }] });
}
