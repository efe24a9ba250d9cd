import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KinesisStreamEvent } from 'aws-lambda';
import type { Predictor } from '../../../lambda/predict/core';
import { MODEL_FILE, type ServedModel, VALIDATOR_FILE } from '../../../lambda/predict/contract';
import { start } from '../../../lambda/predict/start';
import { compileValidator } from '../../../lib/model/compile-validator';
import { perceptron } from '../../lambda/onnx-model';
import { kinesisRecord } from '../../lambda/stream-score/kinesis-event';

/** Features of a record, about 300 bytes of JSON. */
const FEATURES = Array.from({ length: 20 }, (_, index) => `f${index}`);

/** A perceptron of 20-256-256-1 in ONNX Runtime on one core. */
export function perceptronPredictor(folder: string): Predictor {
  const artifact = perceptron([FEATURES.length, 256, 256, 1]);
  const served: ServedModel = {
    name: 'perceptron',
    version: '1.0.0',
    sha256: createHash('sha256').update(artifact).digest('hex'),
    artifact: { source: 'bundle', path: 'model.onnx' },
    input: { kind: 'record', fields: FEATURES.map((name) => ({ name, type: 'number' })) },
    maxInstances: 1000,
  };
  const schema = {
    type: 'object',
    properties: Object.fromEntries(FEATURES.map((name) => [name, { type: 'number', minimum: -1e6, maximum: 1e6 }])),
    required: FEATURES,
    additionalProperties: false,
  };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), artifact);
  writeFileSync(join(folder, MODEL_FILE), JSON.stringify(served));
  writeFileSync(join(folder, VALIDATOR_FILE), compileValidator(schema).source);
  return start(folder, {}).predictor() as Predictor;
}

/** One record, the same for the same number. */
export function recordOf(number: number): Record<string, number> {
  return Object.fromEntries(
    FEATURES.map((name, index) => [name, Math.round(1e6 * Math.abs(Math.sin(number * 31 + index))) / 1e6]),
  );
}

/** An event of so many records; the poison one, where there is one, is in its middle. */
export function eventOf(records: number, poison?: string): KinesisStreamEvent {
  return {
    Records: Array.from({ length: records }, (_, place) => {
      const data = poison !== undefined && place === Math.floor(records / 2) ? poison : JSON.stringify(recordOf(place));
      const sequenceNumber = `4959033827149025660855969253836157109592157598913658${String(place).padStart(4, '0')}`;
      return kinesisRecord(data, sequenceNumber, { key: `key-${place % 500}`, arrived: 1_767_225_600 + place / 1000 });
    }),
  };
}
