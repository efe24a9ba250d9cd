import type { IConstruct } from 'constructs';
import { ENVIRONMENT_BYTES } from '../checks/bounds/lambda';
import type { Fault } from '../checks/bounds/fault';
import { environmentBytes } from '../private/environment-size';

/** What is wrong with an environment of which every sink makes more: AWS Lambda refuses a function whose settings have no room. */
export function faultyEnvironment(scope: IConstruct, variables: { readonly [name: string]: string }): Fault[] {
  // What is known at deployment is longer then than the nothing that it counts here.
  const bytes = environmentBytes(scope, variables, 0);
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
