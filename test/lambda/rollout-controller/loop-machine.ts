/**
 * Executes the loop of a staged rollout in virtual time: of the Amazon States Language what its definition uses, and an error for all
 * else. Counts the events of each history as Step Functions does.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
import { stagedDefinition } from '../../../lib/rollout/staged-definition';
import type { VirtualTime } from '../batch-arrival/virtual-time';

type Fields = Record<string, unknown>;

interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Parameters?: Fields;
  readonly Result?: unknown;
  readonly ResultPath?: string | null;
  readonly ResultSelector?: Fields;
  readonly Resource?: string;
  readonly Retry?: readonly Handler[];
  readonly Catch?: readonly Handler[];
  readonly Choices?: readonly (Fields & { readonly Variable: string; readonly Next: string })[];
  readonly Default?: string;
  readonly SecondsPath?: string;
}

interface Handler {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly Next?: string;
}

const KNOWN: readonly string[] = [
  'Type',
  'Next',
  'Parameters',
  'Result',
  'ResultPath',
  'ResultSelector',
  'Resource',
].concat(['Retry', 'Catch', 'Choices', 'Default', 'SecondsPath']);

export interface ExecutionRecord {
  readonly name: string;
  events: number;
  ticks: number;
  ended: boolean;
}

export class LoopMachine {
  readonly executions = new Map<string, ExecutionRecord>();
  /** More ticks than any rollout needs: the loop does not come to an end. */
  mostTicks = 50_000;
  private ticks = 0;
  private readonly definition = stagedDefinition({
    partition: 'aws',
    functionArn: 'arn:tick',
    stateMachineArn: 'arn:loop',
  }) as { readonly StartAt: string; readonly States: Readonly<Record<string, State>> };

  constructor(
    private readonly time: VirtualTime,
    private readonly tick: (payload: Fields) => Promise<Fields>,
  ) {}

  get isRunning(): boolean {
    return [...this.executions.values()].some(({ ended }) => !ended);
  }

  /** As StartExecution: a name that was there starts none. */
  start(name: string, input: Fields): boolean {
    if (this.executions.has(name)) {
      return false;
    }
    const record = { name, events: 1, ticks: 0, ended: false };
    this.executions.set(name, record);
    void this.run(record, structuredClone(input)).catch((error: unknown) => {
      this.broken ??= error;
    });
    return true;
  }

  /** An execution failed, which none may. */
  broken: unknown;

  private async run(record: ExecutionRecord, input: Fields): Promise<void> {
    const { States } = this.definition;
    let name = this.definition.StartAt;
    let data = input;
    for (;;) {
      const state = States[name];
      const unknown = Object.keys(state).filter((key) => !KNOWN.includes(key));
      if (unknown.length > 0) {
        throw new Error(`state ${name} has ${unknown.join(', ')}, which is not understood here`);
      }
      record.events += 2;
      switch (state.Type) {
        case 'Pass':
          data = placed(data, state, state.Parameters === undefined ? state.Result : filled(state.Parameters, data));
          name = state.Next!;
          break;
        case 'Choice':
          name = state.Choices!.find((choice) => holds(choice, data))?.Next ?? state.Default!;
          break;
        case 'Wait':
          await this.time.sleep(1000 * (at(data, state.SecondsPath!) as number));
          name = state.Next!;
          break;
        case 'Succeed':
          record.ended = true;
          return;
        case 'Task': {
          const [result, next] = await this.task(record, state, data);
          data = placed(data, state, result);
          name = next;
          break;
        }
        default:
          throw new Error(`${state.Type} is not understood here`);
      }
    }
  }

  private async task(record: ExecutionRecord, state: State, data: Fields): Promise<[unknown, string]> {
    const attempts = new Map<Handler, number>();
    for (;;) {
      record.events += 3;
      try {
        const answer = await this.call(record, state, filled(state.Parameters!, data));
        return [state.ResultSelector === undefined ? answer : filled(state.ResultSelector, answer), state.Next!];
      } catch (error) {
        const of = (handlers: readonly Handler[] | undefined): Handler | undefined =>
          handlers?.find(
            ({ ErrorEquals }) => ErrorEquals.includes('States.ALL') || ErrorEquals.includes((error as Error).name),
          );
        const retry = of(state.Retry);
        const made = retry === undefined ? 0 : (attempts.get(retry) ?? 0);
        if (retry !== undefined && made < (retry.MaxAttempts ?? 3)) {
          attempts.set(retry, made + 1);
          await this.time.sleep(1000 * (retry.IntervalSeconds ?? 1) * (retry.BackoffRate ?? 2) ** made);
          continue;
        }
        const caught = of(state.Catch);
        if (caught === undefined) {
          throw error;
        }
        return [undefined, caught.Next!];
      }
    }
  }

  private async call(record: ExecutionRecord, { Resource }: State, parameters: Fields): Promise<Fields> {
    if (Resource === 'arn:aws:states:::lambda:invoke') {
      record.ticks += 1;
      if (++this.ticks > this.mostTicks) {
        record.ended = true;
        this.broken ??= new Error(`after ${this.mostTicks} ticks the loop goes on`);
        return new Promise(() => undefined);
      }
      return { Payload: await this.tick(parameters.Payload as Fields) };
    }
    if (Resource === 'arn:aws:states:::states:startExecution') {
      if (!this.start(parameters.Name as string, parameters.Input as Fields)) {
        throw Object.assign(new Error('it is there'), { name: 'StepFunctions.ExecutionAlreadyExistsException' });
      }
      return {};
    }
    throw new Error(`${Resource} is not understood here`);
  }
}

function placed(data: Fields, { ResultPath }: State, result: unknown): Fields {
  if (ResultPath === null || (ResultPath !== undefined && result === undefined)) {
    return data;
  }
  return ResultPath === undefined ? (result as Fields) : { ...data, [ResultPath.slice(2)]: result };
}

function filled(template: Fields, data: Fields): Fields {
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => {
      if (key.endsWith('.$')) {
        return [key.slice(0, -2), evaluated(value as string, data)];
      }
      return [key, typeof value === 'object' && value !== null ? filled(value as Fields, data) : value];
    }),
  );
}

function evaluated(expression: string, data: Fields): unknown {
  const sum = /^States\.MathAdd\((\$[\w.]*), (\d+)\)$/.exec(expression);
  if (sum !== null) {
    return (at(data, sum[1]) as number) + Number(sum[2]);
  }
  const format = /^States\.Format\('([^']*)', (\$[\w.]*), (.*)\)$/.exec(expression);
  if (format !== null) {
    return format[1].replace('{}', String(at(data, format[2]))).replace('{}', String(evaluated(format[3], data)));
  }
  return at(data, expression);
}

function at(data: Fields, path: string): unknown {
  const names = path.split('.').slice(1);
  const value = names.reduce<unknown>((from, name) => (from as Fields)[name], data);
  if (value === undefined) {
    throw new Error(`there is nothing at ${path}`);
  }
  return value;
}

function holds(choice: Fields & { readonly Variable: string }, data: Fields): boolean {
  const value = at(data, choice.Variable);
  if ('BooleanEquals' in choice) {
    return value === choice.BooleanEquals;
  }
  if ('NumericGreaterThanEquals' in choice) {
    return (value as number) >= (choice.NumericGreaterThanEquals as number);
  }
  throw new Error(`a choice by ${Object.keys(choice).join(', ')} is not understood here`);
}
