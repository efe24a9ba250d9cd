import type { RunSettings } from '../../../lambda/batch/contract';

/** A nightly run over half a terabyte. */
export const SETTINGS: RunSettings = {
  model: { name: 'bench', version: '1' },
  input: { bucket: 'lake', prefix: 'in/' },
  output: { bucket: 'lake', prefix: 'out/' },
  suffixes: ['.csv'],
  format: 'csv',
  incremental: false,
  judgedShare: 0.001,
  toleratedFailure: 0.01,
  maxShift: 0.25,
  maxConcurrency: 400,
  maxObjectBytes: 1e9,
  deadlineSeconds: 4 * 3600,
  bytesPerSecond: 2e6,
  failWhenEmpty: false,
  startSeconds: 0,
  partitionSeconds: 600,
};
