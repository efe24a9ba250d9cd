import type { Batch } from './batch';
import type { ServedInput } from './contract';
import { RequestError } from './errors';
import { assemble, featureCount } from './features';

/** Reads little-endian float32, instances one after another, each with all its features in order. */
export function decodeTensor(bytes: Buffer, input: ServedInput): Batch {
  const odd = input.fields.find((field) => field.type === 'boolean' || field.type === 'string');
  if (odd !== undefined) {
    throw new RequestError(
      'UNSUPPORTED_MEDIA_TYPE',
      `this model takes ${odd.type} values (${odd.name}), which a float32 tensor cannot carry: send JSON or CSV`,
    );
  }
  const features = featureCount(input);
  const rowBytes = features * Float32Array.BYTES_PER_ELEMENT;
  if (bytes.length === 0 || bytes.length % rowBytes !== 0) {
    throw new RequestError(
      'MALFORMED_BODY',
      `the body has ${bytes.length} bytes, not a multiple of ${rowBytes} (${features} float32 values per instance)`,
    );
  }
  // Copied, because a Buffer may start at an offset that is no multiple of four. Lambda's processors are little-endian.
  const values = new Float32Array(bytes.length / Float32Array.BYTES_PER_ELEMENT);
  new Uint8Array(values.buffer).set(bytes);
  const instances: unknown[] = [];
  for (let offset = 0; offset < values.length; offset += features) {
    instances.push(assemble(input, Array.from(values.subarray(offset, offset + features))));
  }
  return { instances, bare: false };
}
