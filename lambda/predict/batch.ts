import { elementPath } from './field-path';

/** The instances of one request, and how the caller addresses them. */
export interface Batch {
  readonly instances: readonly unknown[];
  /** Whether the body was one bare instance, whose fields have no `instances[i]` before them. */
  readonly bare: boolean;
}

export function instancePath(batch: Batch, index: number): string {
  return batch.bare ? '' : elementPath('instances', index);
}
