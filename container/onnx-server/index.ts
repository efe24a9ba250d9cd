/** Serves the model that lies beside this file, or in SageMaker's model folder, until it is told to stop. */
import { statSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { readModel } from '../../lambda/predict/open-predictor';
import { executionParameters, planCapacity } from './capacity';
import { ENV, GRACE_MILLISECONDS, MAX_BODY_BYTES } from './contract';
import { Dispatcher } from './dispatcher';
import { dropPrivileges } from './drop-privileges';
import { locateArtifact } from './locate-artifact';
import { logFault } from './log-fault';
import { openModel } from './open-model';
import { createInferenceServer } from './server';
import { WorkerPool } from './worker-pool';

/** Half of the time between two pings: while this thread loads the model itself, it answers none. */
const QUICK_LOAD_MILLISECONDS = 500;
/** Kept for the way out. */
const EXIT_MILLISECONDS = 3_000;

function serve(root: string, environment: NodeJS.ProcessEnv): void {
  const modelFolder = join(environment[ENV.baseFolder] ?? '/opt/ml', 'model');
  const { workers, threadsPerRun } = planCapacity({
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    modelBytes: statSync(locateArtifact(readModel(root), root, modelFolder)).size,
  });
  const pool = new WorkerPool(join(root, 'worker.js'), workers, { root, modelFolder, threadsPerRun }, fail);
  const dispatcher = new Dispatcher(pool, logFault);
  let ready = false;
  let stopping = false;
  const server = createInferenceServer({
    answer: (invocation) => dispatcher.answer(invocation),
    executionParameters: executionParameters(workers, MAX_BODY_BYTES),
    isReady: () => ready,
    isStopping: () => stopping,
  });
  server.on('error', fail);
  server.listen(Number(environment[ENV.port] ?? 8080), environment[ENV.host] ?? '0.0.0.0');

  pool.opened
    .then((speed) => {
      if (speed !== undefined && speed.loadMilliseconds <= QUICK_LOAD_MILLISECONDS) {
        dispatcher.help(openModel(root, modelFolder, threadsPerRun).predictor, speed);
      }
      dropPrivileges(environment[ENV.user]);
      ready = true;
    })
    .catch(fail);

  const stop = (): void => {
    stopping = true;
    server.close(() => process.exit(0));
    setTimeout(
      () => fail(new Error('requests were still in flight when the time to stop was over')),
      GRACE_MILLISECONDS - EXIT_MILLISECONDS,
    );
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

/** SageMaker starts a container that ended anew, and its log says why. */
function fail(cause: unknown): never {
  console.error(cause instanceof Error ? cause.message : String(cause));
  process.exit(1);
}

try {
  serve(__dirname, process.env);
} catch (error) {
  fail(error);
}
