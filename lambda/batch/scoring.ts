import { createHash } from 'node:crypto';
import type { RunSettings } from './contract';

/** Digest of all settings that decide what comes out for an object: what was scored with another one is not kept. */
export function scoringOf({ model, format, scoring }: Pick<RunSettings, 'model' | 'format' | 'scoring'>): string {
  const decisive = [model.name, model.version, format, scoring];
  return createHash('sha256').update(JSON.stringify(decisive)).digest('hex').slice(0, 16);
}
