import type { SinkSettings, StreamSettings } from '../../stream/contract';
import type { Quarantine, Sink } from '../ports';

/**
 * Those of which a part may stay unwritten come first, so that an object in S3 has only what all others have: what is not written
 * everywhere comes again, in another object. A function of the user's is before a stream, as it is the likelier one to fail.
 */
const ORDER: readonly SinkSettings['kind'][] = ['dynamoDb', 'function', 'kinesis', 's3'];

/** The sinks of the settings. Each is a file of its own in the bundle: a client that nobody needs is not loaded. */
export function openSinks(settings: readonly SinkSettings[]): Sink[] {
  return [...settings]
    .sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind))
    .map((sink) => openSink(sink));
}

function openSink(settings: SinkSettings): Sink {
  switch (settings.kind) {
    case 'dynamoDb': {
      const { DynamoSink, dynamoClient } = require('./dynamo-sink') as typeof import('./dynamo-sink');
      return new DynamoSink(dynamoClient(), settings);
    }
    case 'function': {
      const { FunctionSink, functionClient } = require('./function-sink') as typeof import('./function-sink');
      return new FunctionSink(functionClient(), settings);
    }
    case 'kinesis': {
      const { KinesisSink, kinesisClient } = require('./kinesis-sink') as typeof import('./kinesis-sink');
      return new KinesisSink(kinesisClient(), settings.streamName);
    }
    case 's3': {
      const { S3Sink, sinkClient } = require('./s3-objects') as typeof import('./s3-objects');
      return new S3Sink(sinkClient(), settings);
    }
  }
}

/** The quarantine, whose client is loaded when the first record is at fault. */
export function openQuarantine(place: StreamSettings['quarantine']): Quarantine {
  let opened: Quarantine | undefined;
  return {
    write: (records, deadline) => {
      if (opened === undefined) {
        const { S3Quarantine, sinkClient } = require('./s3-objects') as typeof import('./s3-objects');
        opened = new S3Quarantine(sinkClient(), place);
      }
      return opened.write(records, deadline);
    },
  };
}
