import { ENV } from './contract';
import { corsHeaders } from './cors';
import { createHandler, type PredictHandler } from './handler';
import { createMetrics } from './metrics';
import { start } from './start';

const { model, predictor } = start(process.env.LAMBDA_TASK_ROOT ?? __dirname, process.env);

function logFault(...fault: Parameters<typeof import('./fault-log').logFault>): void {
  // A file of its own in the bundle: a function that never fails never loads the logger.
  const { logFault: log } = require('./fault-log') as typeof import('./fault-log');
  log(...fault);
}

/** Answers HTTP requests of API Gateway and function URLs, and direct invocations. */
export const handler: PredictHandler = createHandler({
  predictor,
  report: createMetrics(process.env, model.version),
  corsHeaders: corsHeaders(process.env[ENV.corsOrigins]),
  logFault,
});
