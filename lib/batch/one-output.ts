import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Fault } from '../checks/bounds/fault';
import type { BatchLocation } from './batch-transform-props';

interface Taken extends BatchLocation {
  readonly path: string;
}

/** Outputs by app: looking for other batches would mean a walk through all constructs for each. */
const OUTPUTS = new WeakMap<IConstruct, Taken[]>();

/**
 * Two batches with one output would move each other's pointer, be compared with each other's scores, and keep each other's results.
 * Notes the output of this one.
 */
export function outputTaken(scope: IConstruct, output: BatchLocation): Fault[] {
  const taken = OUTPUTS.get(scope.node.root) ?? [];
  OUTPUTS.set(scope.node.root, [...taken, { ...output, path: scope.node.path }]);
  const other = taken.find(
    ({ bucket, prefix = '' }) =>
      prefix === (output.prefix ?? '') && !Token.isUnresolved(prefix) && sameBucket(bucket, output.bucket),
  );
  return other === undefined
    ? []
    : [
        {
          id: 'batch-output-taken',
          message: `'output' is also that of ${other.path}, and each would take the other's runs for its own`,
          fix: "give each batch a 'prefix' of its own",
        },
      ];
}

function sameBucket(one: BatchLocation['bucket'], other: BatchLocation['bucket']): boolean {
  return one === other || (!Token.isUnresolved(one.bucketName) && one.bucketName === other.bucketName);
}
