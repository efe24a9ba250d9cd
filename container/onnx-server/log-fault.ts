import type { FaultLog } from './invocation';

/** A server that never fails never loads the logger: it is a file of its own in the bundle. */
export const logFault: FaultLog = (...fault) => {
  const { logFault: log } =
    require('../../lambda/predict/fault-log') as typeof import('../../lambda/predict/fault-log');
  log(...fault);
};
