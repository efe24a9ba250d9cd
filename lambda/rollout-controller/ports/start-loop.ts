import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { LoopInput } from '../../rollout/contract';
import { executionName } from '../desire';

/**
 * Starts the execution that carries out what was written. Its name is the same for the same wish, so that a repeat starts none; one that
 * ended already has done what was wished.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
export async function startLoop(states: SFNClient, stateMachineArn: string, start: LoopInput): Promise<void> {
  try {
    await states.send(
      new StartExecutionCommand({ stateMachineArn, name: executionName(start), input: JSON.stringify(start) }),
    );
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ExecutionAlreadyExists')) {
      throw error;
    }
  }
}
