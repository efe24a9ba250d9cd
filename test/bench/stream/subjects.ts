import { join } from 'node:path';
import type { KinesisStreamEvent } from 'aws-lambda';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { VALIDATOR_FILE } from '../../../lambda/predict/contract';
import { createValidator, type ValidatorFactory } from '../../../lambda/predict/validator-modules';
import type { Predictor } from '../../../lambda/predict/core';
import { consume, type ConsumerParts, type Time } from '../../../lambda/stream-score/consume';
import { recordDecoder } from '../../../lambda/stream-score/decode-record';
import { encoder } from '../../../lambda/stream-score/encode';
import { modelScorer } from '../../../lambda/stream-score/model-scorer';
import type { Sink } from '../../../lambda/stream-score/ports';

/** What takes an event, and answers how many of its records it predicted. */
export type Subject = (event: KinesisStreamEvent) => number | Promise<number>;

const TENSOR_BATCH = 256;

const HOUR = { remaining: () => 3_600_000, signal: new AbortController().signal };
const TIME: Time = { score: HOUR, write: HOUR };

/** The least that can be done with the records of a batch: no validation, no model. */
export const decodeAlone: Subject = ({ Records }) =>
  Records.map(({ kinesis }) => JSON.parse(Buffer.from(kinesis.data, 'base64').toString()) as unknown).length;

/** Ours, up to the predictions; `sinks` makes it write them. */
export function batched(predictor: Predictor, sinks: readonly Sink[]): Subject {
  const scorer = modelScorer(predictor, TENSOR_BATCH);
  const parts: ConsumerParts = {
    maxRecordBytes: 1024 * 1024,
    decode: recordDecoder('json', scorer.input),
    scorer,
    encode: encoder(scorer.model, false),
    sinks,
    quarantine: { write: () => Promise.resolve() },
    log: ({ where, error }) => {
      throw new Error(`${where}: ${String(error)}`);
    },
  };
  return async (event) => (await consume(event, parts, TIME)).predicted;
}

/** Decoding and scoring without what follows. */
export function scoredOnly(predictor: Predictor): Subject {
  const scorer = modelScorer(predictor, TENSOR_BATCH);
  const decode = recordDecoder('json', scorer.input);
  return async ({ Records }) => {
    const instances = Records.map(({ kinesis }) => decode(kinesis.data));
    return (await scorer.score(instances, HOUR)).reached;
  };
}

/** Where predictions of one record at a time go. */
export type WriteOne = (key: string, json: string) => Promise<void>;

/**
 * What a first attempt arrives at: one record after another, by the public interface of ONNX Runtime, on the same model and with the
 * same compiled schema. Without `write` it ends with the predictions.
 */
export async function oneByOne(folder: string, predictor: Predictor, write?: WriteOne): Promise<Subject> {
  const { name, version, input } = predictor.model;
  const fields = input.fields.map((field) => field.name);
  const validate = createValidator(require(join(folder, VALIDATOR_FILE)) as ValidatorFactory);
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const session = await InferenceSession.create(join(folder, 'model.onnx'), options);
  return async ({ Records }) => {
    let predicted = 0;
    for (const { kinesis, eventID } of Records) {
      const record = JSON.parse(Buffer.from(kinesis.data, 'base64').toString()) as Record<string, number>;
      if (!validate(record)) {
        continue;
      }
      const features = new Tensor(
        'float32',
        Float32Array.from(fields, (field) => record[field]),
        [1, fields.length],
      );
      const { score } = await session.run({ features });
      if (write !== undefined) {
        const { partitionKey: key, sequenceNumber, approximateArrivalTimestamp } = kinesis;
        const eventTime = new Date(approximateArrivalTimestamp * 1000).toISOString();
        const prediction = { inferenceId: eventID, key, sequenceNumber, subSequence: 0, eventTime };
        const [value] = score.data as Float32Array;
        await write(key, JSON.stringify({ ...prediction, model: { name, version }, prediction: value }));
      }
      predicted++;
    }
    return predicted;
  };
}
