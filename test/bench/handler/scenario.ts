import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL_FILE, VALIDATOR_FILE, type ServedModel } from '../../../lambda/predict/contract';
import { compileValidator } from '../../../lib/model/compile-validator';
import { perceptron } from '../../lambda/onnx-model';

const FEATURES = 64;
const BATCHES = [1, 64] as const;

/** One request of the benchmark, and how often to send it. */
export interface BenchEvent {
  readonly batch: number;
  readonly iterations: number;
  /** A function URL's event; the members that the handlers read. */
  readonly event: { readonly body: string; readonly [member: string]: unknown };
}

/** Files that every competitor reads: the function's asset with a model of 64-256-256-1, the schema, and the requests. */
export interface Scenario {
  readonly asset: string;
  readonly events: readonly BenchEvent[];
  readonly eventsFile: string;
}

export function writeScenario(folder: string, handlerBundle: string): Scenario {
  rmSync(folder, { recursive: true, force: true });
  const asset = join(folder, 'asset');
  mkdirSync(asset, { recursive: true });
  cpSync(handlerBundle, asset, { recursive: true });

  const artifact = perceptron([FEATURES, 256, 256, 1]);
  const schema = {
    type: 'array',
    items: { type: 'number', minimum: -1e6, maximum: 1e6 },
    minItems: FEATURES,
    maxItems: FEATURES,
  };
  const model: ServedModel = {
    name: 'bench',
    version: '1',
    sha256: createHash('sha256').update(artifact).digest('hex'),
    artifact: { source: 'bundle', path: 'model.onnx' },
    input: { kind: 'vector', fields: [{ name: 'instance', type: 'number', length: FEATURES }] },
    maxInstances: 100,
    warmUp: instance(0),
  };
  writeFileSync(join(asset, 'model.onnx'), artifact);
  writeFileSync(join(asset, 'schema.json'), JSON.stringify(schema));
  writeFileSync(join(asset, MODEL_FILE), JSON.stringify(model));
  writeFileSync(join(asset, VALIDATOR_FILE), compileValidator(schema).source);

  const events = BATCHES.map((batch) => ({ batch, iterations: batch === 1 ? 4000 : 800, event: event(batch) }));
  const eventsFile = join(folder, 'events.json');
  writeFileSync(eventsFile, JSON.stringify(Object.fromEntries(events.map((entry) => [entry.batch, entry]))));
  return { asset, events, eventsFile };
}

function event(batch: number): BenchEvent['event'] {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/predict',
    headers: { 'content-type': 'application/json' },
    requestContext: { stage: '$default', requestId: 'bench', http: { method: 'POST', path: '/predict' } },
    isBase64Encoded: false,
    body: JSON.stringify({ instances: Array.from({ length: batch }, (_, row) => instance(row)) }),
  };
}

/** Numbers with as many digits as measurements have. */
function instance(row: number): number[] {
  return Array.from({ length: FEATURES }, (_, column) => Math.round(Math.sin(row * FEATURES + column) * 1e5) / 1e4);
}
