import { Duration, Size } from 'aws-cdk-lib';
import { chooseBatching } from './stream-batching';
import { StreamSource } from './stream-source';
import type { StreamingInferenceProps } from './streaming-inference-props';

/** How the event source mapping of a consumer reads, defaults filled in. */
export interface MappingSettings {
  readonly batchSize: number;
  readonly window: Duration;
  readonly parallelizationFactor: number;
  readonly retryAttempts: number;
  readonly maxRecordAge: Duration;
  /** A sentence for batch size and window each. */
  readonly reasons: readonly string[];
}

export const DEFAULT_RECORD_BYTES = 1024;
/** Larger records go to quarantine. */
export const DEFAULT_RECORD_SIZE: Size = Size.mebibytes(1);
const DEFAULT_WAIT_SECONDS = 5;
const DEFAULT_RETRIES = 100;
const DEFAULT_AGE = Duration.hours(12);

/** The source of a consumer, which is a new stream where none is given. */
export function sourceOf({ source }: StreamingInferenceProps): StreamSource {
  return source ?? StreamSource.newKinesis();
}

/** Fills in what is not given from what is known of the traffic. Asks for values that are known at synthesis. */
export function mappingSettings(props: StreamingInferenceProps): MappingSettings {
  const { traffic = {}, parallelizationFactor = 1 } = props;
  const lanes = sourceOf(props)._shards * parallelizationFactor;
  const chosen = chooseBatching({
    recordBytes: traffic.recordSize?.toBytes() ?? DEFAULT_RECORD_BYTES,
    recordsPerSecond: traffic.recordsPerSecond === undefined ? undefined : traffic.recordsPerSecond / lanes,
    maxWaitSeconds: traffic.maxWait?.toSeconds() ?? DEFAULT_WAIT_SECONDS,
  });
  return {
    batchSize: props.batchSize ?? chosen.batchSize,
    window: props.batchWindow ?? Duration.seconds(chosen.windowSeconds),
    parallelizationFactor,
    retryAttempts: props.retryAttempts ?? DEFAULT_RETRIES,
    maxRecordAge: props.maxRecordAge ?? DEFAULT_AGE,
    reasons: [
      props.batchSize === undefined ? chosen.reasons[0] : 'batches: as given',
      props.batchWindow === undefined ? chosen.reasons[1] : 'window: as given',
    ],
  };
}
