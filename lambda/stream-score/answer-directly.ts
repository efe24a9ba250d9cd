import type { PredictionAnswer } from '../predict/contract';
import type { Deadline, Scorer } from './ports';

/** What is asked of the function itself rather than of the stream: by the smoke test of a rollout, or by somebody who looks. */
export interface DirectRequest {
  readonly instances: readonly unknown[];
}

export function isDirectRequest(event: unknown): event is DirectRequest {
  return Array.isArray((event as Partial<DirectRequest> | null)?.instances);
}

/** Predicts, and writes nothing. Throws where one of the instances is at fault, or could not be reached. */
export async function answerDirectly(
  { instances }: DirectRequest,
  scorer: Scorer,
  deadline: Deadline,
  inferenceId: string,
): Promise<PredictionAnswer> {
  const { predictions, faults, reached, stopped } = await scorer.score(instances, deadline);
  for (const [place, { reason, cause }] of faults) {
    throw named(reason, `instances[${place}]: ${cause}`);
  }
  if (reached < instances.length) {
    throw named('NOT_REACHED', `instances[${reached}] could not be predicted: ${stopped}`);
  }
  const { name, version } = scorer.model;
  return { predictions, model: { name, version }, inferenceId };
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
