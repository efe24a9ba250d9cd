/** Serves the model that lies beside this file, or in SageMaker's model folder, until it is told to stop. */
import { statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { readModel } from '../../lambda/predict/open-predictor';
import { executionParameters, planCapacity } from './capacity';
import { ENV, MAX_BODY_BYTES } from './contract';
import { Dispatcher } from './dispatcher';
import { dropPrivileges } from './drop-privileges';
import { locateArtifact } from './locate-artifact';
import { logFault } from './log-fault';
import { openModel } from './open-model';
import { InferenceServer } from './server';
import { WorkerPool } from './worker-pool';

/** Half of the time between two pings: while this thread loads the model itself, it answers none. */
const QUICK_LOAD_MILLISECONDS = 500;
/** SageMaker kills the container 30 seconds after it asked it to stop. */
const STOP_MILLISECONDS = 27_000;

function serve(root: string, environment: NodeJS.ProcessEnv): void {
  const modelFolder = join(environment[ENV.baseFolder] ?? '/opt/ml', 'model');
  const model = readModel(root);
  const { workers, threadsPerRun } = planCapacity({
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    modelBytes: statSync(locateArtifact(model, root, modelFolder)).size,
  });
  const pool = new WorkerPool(join(root, 'worker.js'), workers, { root, modelFolder, threadsPerRun }, fail);
  const dispatcher = new Dispatcher(pool, logFault);
  const server = new InferenceServer({
    answer: (invocation) => dispatcher.answer(invocation),
    executionParameters: executionParameters(workers, MAX_BODY_BYTES),
  });
  server.http.on('error', fail);
  server.http.on('listening', () => {
    const { address, port } = server.http.address() as AddressInfo;
    console.log(`${model.name} ${model.version} on ${address}:${port}, ${workers} workers of ${threadsPerRun} threads`);
  });
  server.http.listen(Number(environment[ENV.port] ?? 8080), environment[ENV.host] ?? '0.0.0.0');

  pool.opened
    .then((speed) => {
      if (speed !== undefined && speed.loadMilliseconds <= QUICK_LOAD_MILLISECONDS) {
        dispatcher.help(openModel(root, modelFolder, threadsPerRun).predictor, speed);
      }
      dropPrivileges(environment[ENV.user]);
      server.ready = true;
    })
    .catch(fail);

  const stop = (): void => {
    setTimeout(() => fail('requests were still in flight when the time to stop was over'), STOP_MILLISECONDS);
    void server.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

/** Better no server than one that pretends: SageMaker sees the container end, and its log says why. */
function fail(cause: unknown): never {
  console.error(cause instanceof Error ? cause.message : String(cause));
  process.exit(1);
}

try {
  serve(__dirname, process.env);
} catch (error) {
  fail(error);
}
