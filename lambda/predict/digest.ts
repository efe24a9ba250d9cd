import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { ServedModel } from './contract';
import { StartError } from './errors';

const CHUNK_BYTES = 1024 * 1024;

/** SHA-256 of a file, read in pieces: a model may be larger than the memory that is free. */
export function digestFile(path: string): string {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      hash.update(chunk.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}

export function checkDigest({ name, version, sha256 }: ServedModel, actual: string): void {
  if (actual !== sha256) {
    throw new StartError(
      `the artifact of model ${name} ${version} is not the one that was deployed: expected SHA-256 ${sha256}, got ${actual}`,
    );
  }
}
