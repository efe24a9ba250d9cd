import { Logger } from '@aws-lambda-powertools/logger';
import type { Trouble } from './consume';

/** Cut, so that what a service repeats of a request can never fill the log. */
const MAX_REASON = 500;

const logger = new Logger({ serviceName: 'stream-score' });

/** Writes down why records come again: never the records. */
export function logTrouble({ where, error }: Trouble, requestId: string): void {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  logger.warn('records are to come again', { where, requestId, reason: reason.slice(0, MAX_REASON) });
}
