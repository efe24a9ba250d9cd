import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ENVIRONMENT_BYTES } from '../checks/bounds/lambda';
import type { Fault } from '../checks/bounds/fault';

/** What is wrong with an environment of which every sink makes more: AWS Lambda refuses a function whose settings have no room. */
export function faultyEnvironment(scope: IConstruct, variables: { readonly [name: string]: string }): Fault[] {
  const bytes = knownBytes(Stack.of(scope).resolve(Object.entries(variables)));
  return bytes <= ENVIRONMENT_BYTES
    ? []
    : [
        {
          id: 'stream-settings-size',
          message: `the settings of the consumer have ${bytes} bytes or more, and AWS Lambda has room for ${ENVIRONMENT_BYTES}: each of 'sinks' takes some, with its name and prefix`,
          fix: 'give fewer sinks, or shorter prefixes; a function of yours, by Sink.function, may write to any number of places',
          see: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
        },
      ];
}

/** Bytes of the texts in a resolved value. What is known at deployment is longer then than the nothing that it counts here. */
function knownBytes(value: unknown): number {
  if (typeof value === 'string') {
    return Buffer.byteLength(value);
  }
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, part) => sum + knownBytes(part), 0);
  }
  const { 'Fn::Join': join } = (value ?? {}) as { readonly 'Fn::Join'?: readonly [string, readonly unknown[]] };
  return join === undefined ? 0 : knownBytes(join[1]);
}
