import { type Duration, type IResource, Stack, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { WRITE_TIME } from '../../lambda/stream/contract';
import type { Construct } from 'constructs';
import type { Fault } from '../checks/bounds/fault';
import { overlap } from './key-prefix';
import { isOfOtherAccount, placeOf } from './place-of';
import { GIVEN_UP } from './quarantine';
import { placesOf, placesOfOthers } from './shared-places';
import type { SinkTarget } from './sink';
import type { StreamingInferenceProps } from './streaming-inference-props';

/** What is wrong with the sinks of a consumer taken together, and with what lies beside them. */
export function faultySinks(
  props: StreamingInferenceProps,
  quarantinePrefix: string,
  timeout: Duration,
  scope: Construct,
): Fault[] {
  const { source, quarantineBucket } = props;
  const targets = props.sinks.map((sink) => sink._target);
  return [
    ...(targets.length === 0 ? [NO_SINK] : []),
    ...circle(props, targets),
    ...twice(targets),
    ...targets.flatMap((target) => insideQuarantine(props, quarantinePrefix, target)),
    ...targets.flatMap((target) => cutOff(target, timeout)),
    ...elsewhere(props, targets, Stack.of(scope)),
    ...fanOutElsewhere(props, scope),
    // A stream that is made for this consumer has no other one yet.
    ...(source?._existing === undefined
      ? []
      : placesOfOthers(
          scope,
          source._existing.streamArn,
          placesOf(targets, { arn: quarantineBucket?.bucketArn ?? 'its own', prefix: quarantinePrefix }),
        )),
  ];
}

const NO_SINK: Fault = {
  id: 'stream-no-sink',
  message: "'sinks' is empty, so predictions would go nowhere",
  fix: 'give one or more, such as Sink.kinesis(stream) or Sink.dynamoDb(table)',
};

function circle({ source }: StreamingInferenceProps, targets: readonly SinkTarget[]): Fault[] {
  const read = source?._existing;
  return read !== undefined && targets.some(({ arn }) => arn === read.streamArn)
    ? [
        {
          id: 'stream-circle',
          message: `the stream '${read.node.path}' is both the source and a sink, so each prediction would be predicted again`,
          fix: 'write to another stream',
        },
      ]
    : [];
}

function twice(targets: readonly SinkTarget[]): Fault[] {
  const places = targets.map(({ arn, prefix = '' }) => `${arn}/${prefix}`);
  return targets
    .filter((_, index) => places.indexOf(places[index]) < index)
    .map(({ kind, resource }) => ({
      id: 'stream-sink-twice',
      message: `the ${kind} '${resource.node.path}' is a sink more than once, and all predictions go to each`,
      fix: 'leave out all but one of them',
    }));
}

/** What lies there is put through again as if it had failed. */
function insideQuarantine(
  { quarantineBucket }: StreamingInferenceProps,
  quarantinePrefix: string,
  { arn, prefix }: SinkTarget,
): Fault[] {
  if (quarantineBucket === undefined || prefix === undefined || arn !== quarantineBucket.bucketArn) {
    return [];
  }
  const met = [quarantinePrefix, GIVEN_UP].find(
    (other) => !Token.isUnresolved(other) && !Token.isUnresolved(prefix) && overlap(prefix, other),
  );
  return met === undefined
    ? []
    : [
        {
          id: 'stream-sink-in-quarantine',
          message: `Sink.s3 writes below '${prefix}' of the bucket that has the quarantine below '${met}'`,
          fix: "give the sink a prefix beside that, such as 'predictions/'",
        },
      ];
}

/** A call that is given up goes on all the same, and comes again while it does. */
function cutOff({ kind, resource }: SinkTarget, timeout: Duration): Fault[] {
  const longest = kind === 'function' ? timeoutOf(resource as lambda.IFunction) : undefined;
  const writing = Math.min(timeout.toMilliseconds() * WRITE_TIME.share, WRITE_TIME.most) / 1000;
  return longest === undefined || longest < writing
    ? []
    : [
        {
          id: 'sink-function-timeout',
          message: `the function '${resource.node.path}' may take ${longest} s for a call, and the consumer has ${writing} s to write: a call that is given up goes on, and its predictions come again meanwhile`,
          fix: `set the time-out of that function below ${writing} s${writing * 1000 < WRITE_TIME.most ? `, or a longer 'timeout'` : ''}`,
        },
      ];
}

/** In seconds, where it is known. */
function timeoutOf(fn: lambda.IFunction): number | undefined {
  const { lambda: own = fn } = fn as Partial<lambda.IVersion>;
  const made = own.node.defaultChild;
  const seconds = made instanceof lambda.CfnFunction ? (made.timeout ?? 3) : undefined;
  return Token.isUnresolved(seconds) ? undefined : seconds;
}

/** The consumer speaks to the services of its own region, and names streams and tables, which it can do only in its own account. */
function elsewhere(
  { source, quarantineBucket }: StreamingInferenceProps,
  targets: readonly SinkTarget[],
  stack: Stack,
): Fault[] {
  const read = source?._existing;
  const named: {
    readonly what: string;
    readonly resource: IResource;
    readonly arn: string;
    readonly ownAccount: boolean;
  }[] = [
    ...targets.map(({ kind, resource, arn }) => ({
      what: `the ${kind}`,
      resource,
      arn,
      ownAccount: kind === 'stream' || kind === 'table',
    })),
    ...(read === undefined ? [] : [{ what: 'the source', resource: read, arn: read.streamArn, ownAccount: false }]),
    ...(quarantineBucket === undefined
      ? []
      : [
          {
            what: "'quarantineBucket'",
            resource: quarantineBucket,
            arn: quarantineBucket.bucketArn,
            ownAccount: false,
          },
        ]),
  ];
  return named.flatMap(({ what, resource, arn, ownAccount }) => {
    const { region, account } = placeOf(resource, arn);
    const faults: Fault[] = [];
    const differ = (place: 'region' | 'account', here: string, there: string): void => {
      if (!Token.isUnresolved(here) && !Token.isUnresolved(there) && here !== there) {
        faults.push({
          id: `stream-other-${place}`,
          message: `${what} '${resource.node.path}' is in the ${place} ${there}, and the consumer in ${here}, from where it does not reach it`,
          fix: `take one of the same ${place}`,
        });
      }
    };
    differ('region', stack.region, region);
    if (ownAccount) {
      differ('account', stack.account, account);
    }
    return faults;
  });
}

/** Whose stream it is registers its consumers: others may be allowed to read by one, and not to make one. */
function fanOutElsewhere({ source }: StreamingInferenceProps, scope: Construct): Fault[] {
  const read = source?._existing;
  return source?._enhancedFanOut !== true || read === undefined || !isOfOtherAccount(scope, read, read.streamArn)
    ? []
    : [
        {
          id: 'stream-fan-out-account',
          message: `'enhancedFanOut' registers a consumer with the source '${read.node.path}', which is of the account ${placeOf(read, read.streamArn).account} and takes none from ${Stack.of(scope).account}`,
          fix: "leave 'enhancedFanOut' out",
          see: 'https://docs.aws.amazon.com/streams/latest/dev/resource-based-policy-examples.html',
        },
      ];
}
