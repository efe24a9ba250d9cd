import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENV, type ServedModel } from './contract';
import type { Predictor } from './core';
import { digestFile } from './digest';
import { StartError } from './errors';
import { openPredictor, readModel, verified } from './open-predictor';

/** One vCPU for each 1,769 MB: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MEGABYTES_PER_CPU = 1769;

/** Where layers are mounted: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html */
const LAYER_ROOT = '/opt';

/** The model that this function serves, and what answers for it: at once, or as soon as its artifact has arrived. */
export interface Served {
  readonly model: ServedModel;
  readonly predictor: () => Predictor | Promise<Predictor>;
}

/**
 * Everything that can be done without waiting is done before this returns, within Lambda's init phase; whatever is wrong then
 * fails the start of the execution environment.
 */
export function start(root: string, environment: NodeJS.ProcessEnv): Served {
  const model = readModel(root);
  return { model, predictor: openArtifact(model, root, environment) };
}

function openArtifact(model: ServedModel, root: string, environment: NodeJS.ProcessEnv): Served['predictor'] {
  const { artifact } = model;
  const memory = Number(environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 0);
  const threads = Math.max(1, Math.floor(memory / MEGABYTES_PER_CPU));
  const open = (path: string): Predictor => openPredictor(model, path, root, threads);

  switch (artifact.source) {
    case 'bundle':
      return always(open(verified(model, join(root, artifact.path))));
    case 'layer':
      return always(open(verified(model, join(LAYER_ROOT, artifact.path))));
    case 's3':
      return eventually(async () => open(await download(model, join(tmpdir(), artifact.path), environment)));
    case 'mounted':
      throw new StartError(`the artifact of model ${model.name} ${model.version} is mounted, which Lambda cannot do`);
  }
}

async function download(model: ServedModel, target: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const bucket = environment[ENV.bucket];
  const key = environment[ENV.key];
  if (bucket === undefined || key === undefined) {
    const missing = bucket === undefined ? ENV.bucket : ENV.key;
    throw new StartError(
      `the environment variable ${missing} is missing: it says where the artifact of the model lies`,
    );
  }
  // Lambda may run the start twice in one environment, when the first one took longer than the init phase allows.
  if (existsSync(target) && digestFile(target) === model.sha256) {
    return target;
  }
  // A file of its own in the bundle: most functions never load the SDK.
  const { fetchArtifact } = require('./fetch-artifact') as typeof import('./fetch-artifact');
  await fetchArtifact(model, { bucket, key, versionId: environment[ENV.objectVersion] }, target);
  return target;
}

function always(predictor: Predictor): () => Predictor {
  return () => predictor;
}

/** Starts at once, and again with the next request when that failed: S3 may be back by then. */
function eventually(begin: () => Promise<Predictor>): () => Predictor | Promise<Predictor> {
  let ready: Predictor | undefined;
  let pending: Promise<Predictor> | undefined;
  const attempt = (): Promise<Predictor> => {
    pending ??= begin()
      .then((predictor) => (ready = predictor))
      .finally(() => (pending = undefined));
    return pending;
  };
  // The request that waits for the result reports its failure.
  attempt().catch(() => undefined);
  return () => ready ?? attempt();
}
