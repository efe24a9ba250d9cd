/** One thread of the server: opens the model, says how quick it is, and answers one invocation after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { answer } from './invocation';
import { logFault } from './log-fault';
import { openModel, type OpenedModel } from './open-model';
import type { FromWorker, ToWorker, WorkerSettings } from './worker-pool';

const settings = workerData as WorkerSettings;
const { predictor, speed }: OpenedModel = openModel(settings.root, settings.modelFolder, settings.threadsPerRun);

parentPort!.on('message', ({ id, invocation }: ToWorker) => {
  parentPort!.postMessage({ id, answer: answer(predictor, invocation, logFault) } satisfies FromWorker);
});
parentPort!.postMessage({ speed } satisfies FromWorker);
