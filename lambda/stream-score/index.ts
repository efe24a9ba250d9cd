import { StartError } from '../predict/errors';
import { SETTINGS_VARIABLE, type StreamSettings } from '../stream/contract';
import type { Trouble } from './consume';
import { createHandler, type DirectHandler, type HandlerParts, type StreamHandler } from './handler';
import { createMetrics } from './metrics';
import { openQuarantine, openSinks } from './sinks/open-sinks';

const root = process.env.LAMBDA_TASK_ROOT ?? __dirname;
const settings = readSettings(process.env[SETTINGS_VARIABLE]);

function readSettings(text: string | undefined): StreamSettings {
  if (text === undefined) {
    throw new StartError(`the environment variable ${SETTINGS_VARIABLE} is missing: it says where predictions go`);
  }
  return JSON.parse(text) as StreamSettings;
}

/** What predicts is a file of its own in the bundle: beside an endpoint there is no ONNX Runtime. */
function openScorer(): HandlerParts['scorer'] {
  if (settings.endpoint === undefined) {
    const { openModel } = require('./open-model') as typeof import('./open-model');
    return openModel(root, process.env, settings.tensorBatch);
  }
  const { openEndpoint } = require('./open-endpoint') as typeof import('./open-endpoint');
  const scorer = openEndpoint(root, settings.endpoint);
  return () => scorer;
}

function deaggregate(): HandlerParts['deaggregate'] {
  return settings.aggregated
    ? (require('./aggregation/deaggregate') as typeof import('./aggregation/deaggregate')).deaggregate
    : undefined;
}

function log(trouble: Trouble, requestId: string): void {
  // A file of its own in the bundle: a function that has no trouble never loads the logger.
  const { logTrouble } = require('./fault-log') as typeof import('./fault-log');
  logTrouble(trouble, requestId);
}

/** Consumes batches of a Kinesis stream, and answers from which record on they are to come again; predicts what it is asked directly. */
export const handler: StreamHandler & DirectHandler = createHandler({
  settings,
  scorer: openScorer(),
  sinks: openSinks(settings.sinks),
  quarantine: openQuarantine(settings.quarantine),
  deaggregate: deaggregate(),
  report: createMetrics(process.env),
  log,
});
