import * as states from '@aws-sdk/client-sfn';
import type { Values } from './client-schema';
import { Refusal, type SimulatedService } from './loopback-services';

/**
 * Step Functions, as far as executions are started: of a name that is taken only by the same input, while that runs.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
export class ExecutionService implements SimulatedService {
  public readonly name = 'Step Functions';
  public readonly client = states as unknown as Values;
  public readonly target = 'AWSStepFunctions';
  public readonly throttling = 'ThrottlingException';
  public readonly operations = { StartExecution: (input: Values): Values => this.start(input) };

  constructor(
    public readonly stateMachineArn: string,
    private readonly executions: {
      readonly start: (name: string, input: Values) => boolean;
      readonly isRunning: (name: string) => boolean;
    },
  ) {}

  private start({ stateMachineArn, name, input }: Values): Values {
    if (stateMachineArn !== this.stateMachineArn) {
      throw new Refusal('StateMachineDoesNotExist', `State Machine Does Not Exist: '${String(stateMachineArn)}'`);
    }
    if (!/^[\w-]{1,80}$/.test(name as string)) {
      throw new Refusal('InvalidName', `Invalid Name: '${String(name)}'`);
    }
    const started = this.executions.start(name as string, JSON.parse(input as string) as Values);
    if (!started && !this.executions.isRunning(name as string)) {
      throw new Refusal('ExecutionAlreadyExists', `Execution Already Exists: '${String(name)}'`);
    }
    return { executionArn: `${String(stateMachineArn)}:${String(name)}`, startDate: 0 };
  }
}
