/**
 * Executes a state machine of the Amazon States Language in memory: of JSONPath and of the states what the definition of a batch uses, and
 * an error for everything else, so that nothing is passed over. Waits before retries take no time.
 *
 * @see https://states-language.net/spec.html
 */
import { runId } from '../../../lambda/batch-control/run-id';

type Json = unknown;
type Fields = Readonly<Record<string, Json>>;

interface State extends Fields {
  readonly Type: string;
}

export interface Definition extends Fields {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** What the state machine reaches. Both throw errors whose names are the errors of the state. */
export interface Reached {
  call(resource: string, parameters: Fields, timeoutSeconds: number): Promise<Json>;
  readItems(bucket: string, key: string): Promise<readonly Json[]>;
  /** Where time counts. */
  wait?(seconds: number): void;
}

/** An error that no Retry and no Catch sees: somebody stopped the execution, or it took too long. */
export class Stopped extends Error {}

/** The definition has what is not understood here; no Retry and no Catch hides that. */
class NotUnderstood extends Error {}

/** https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const MOST_BYTES = 256 * 1024;

const COMMON = ['Type', 'Comment', 'Next', 'End', 'InputPath'];
const TASK = ['Resource', 'Parameters', 'ResultSelector', 'ResultPath', 'Retry', 'Catch', 'TimeoutSeconds'];
const MAP = ['Label', 'MaxConcurrency', 'ItemReader', 'ItemSelector', 'ItemProcessor', 'ResultPath', 'Retry', 'Catch'];
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  Task: TASK,
  Pass: ['Result', 'Parameters', 'ResultPath'],
  Choice: ['Choices', 'Default'],
  Wait: ['SecondsPath'],
  Map: [...MAP, 'ToleratedFailurePercentage'],
};

interface Frame {
  state: string;
  input: Json;
  /** Results of the items of a Map that was not finished. */
  items?: Map<number, Json>;
}

export class Execution {
  public status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'STOPPED' = 'RUNNING';
  public output: Json;
  public error?: Error;
  /** Names of states as they were entered, those of items among them. */
  public readonly entered: string[] = [];
  private redrives = 0;
  private readonly frame: Frame;

  public constructor(
    private readonly definition: Definition,
    private readonly reached: Reached,
    private readonly execution: {
      readonly Id: string;
      readonly Name: string;
      readonly StartTime: string;
      readonly Input: Json;
    },
  ) {
    this.frame = { state: definition.StartAt, input: execution.Input };
  }

  /** The id of the run that a batch makes of it. */
  public get runId(): string {
    return runId(this.execution);
  }

  public start(): Promise<this> {
    return this.go();
  }

  /** Goes on with the state that failed, and with the same definition; of a Map with the items that have no result. */
  public redrive(): Promise<this> {
    if (this.status !== 'FAILED' && this.status !== 'STOPPED') {
      throw new Error(`an execution that is ${this.status} cannot be redriven`);
    }
    this.redrives++;
    return this.go();
  }

  private async go(): Promise<this> {
    this.status = 'RUNNING';
    this.error = undefined;
    const context = {
      Execution: {
        ...this.execution,
        RoleArn: 'arn:role',
        ...(this.redrives === 0 ? {} : { RedriveCount: this.redrives }),
      },
    };
    try {
      this.output = await this.run(this.definition, this.frame, context);
      this.status = 'SUCCEEDED';
    } catch (error) {
      if (error instanceof NotUnderstood) {
        throw error;
      }
      this.error = error as Error;
      this.status = error instanceof Stopped ? 'STOPPED' : 'FAILED';
    }
    return this;
  }

  private async run({ States }: Definition, frame: Frame, context: Fields): Promise<Json> {
    for (;;) {
      const state = States[frame.state];
      refuseUnknown(frame.state, state);
      this.entered.push(frame.state);
      const { output, next } = await this.enter(state, frame, { ...context, State: { Name: frame.state } });
      refuseLarge(output);
      if (next === undefined) {
        return output;
      }
      frame.state = next;
      frame.input = output;
      frame.items = undefined;
    }
  }

  private async enter(state: State, frame: Frame, context: Fields): Promise<{ output: Json; next?: string }> {
    const next = state.End === true ? undefined : (state.Next as string);
    const input = 'InputPath' in state ? valueAt(state.InputPath as string, frame.input, context) : frame.input;
    switch (state.Type) {
      case 'Choice':
        return { output: input, next: chosen(state, input) };
      case 'Wait': {
        const seconds = valueAt(state.SecondsPath as string, input, context);
        if (!Number.isInteger(seconds) || Number(seconds) < 0) {
          throw named('States.Runtime', `${String(seconds)} are no seconds to wait`);
        }
        this.reached.wait?.(Number(seconds));
        return { output: input, next };
      }
      case 'Pass': {
        const result =
          'Result' in state ? state.Result : 'Parameters' in state ? filled(state.Parameters, input, context) : input;
        return { output: placed(state, input, result), next };
      }
      default:
        return this.attempts(state, input, next, () =>
          state.Type === 'Map' ? this.map(state, frame, input, context) : this.task(state, input, context),
        );
    }
  }

  /** Does a state until it succeeds, is caught, or fails for good. */
  private async attempts(
    state: State,
    input: Json,
    next: string | undefined,
    work: () => Promise<Json>,
  ): Promise<{ output: Json; next?: string }> {
    const tried = new Map<Fields, number>();
    for (;;) {
      try {
        return { output: placed(state, input, await work()), next };
      } catch (error) {
        const retrier = matching(state.Retry, error);
        const times = retrier === undefined ? 0 : (tried.get(retrier) ?? 0);
        if (retrier !== undefined && times < Number(retrier.MaxAttempts ?? 3)) {
          tried.set(retrier, times + 1);
          continue;
        }
        const catcher = matching(state.Catch, error);
        if (catcher === undefined) {
          throw error;
        }
        const { name, message } = error as Error;
        return { output: placed(catcher, input, { Error: name, Cause: message }), next: catcher.Next as string };
      }
    }
  }

  private async task(state: State, input: Json, context: Fields): Promise<Json> {
    const parameters = filled(state.Parameters, input, context);
    refuseLarge(parameters);
    const result = copied(
      await this.reached.call(state.Resource as string, copied(parameters) as Fields, Number(state.TimeoutSeconds)),
    );
    refuseLarge(result);
    return 'ResultSelector' in state ? filled(state.ResultSelector, result, context) : result;
  }

  private async map(state: State, frame: Frame, input: Json, context: Fields): Promise<Json> {
    const reader = state.ItemReader as Fields & { readonly Parameters: Fields };
    const processor = state.ItemProcessor as Definition;
    const place = filled(reader.Parameters, input, context) as { readonly Bucket: string; readonly Key: string };
    const items = await this.reached.readItems(place.Bucket, place.Key);
    const results = (frame.items ??= new Map<number, Json>());
    const waiting = [...items.keys()].filter((index) => !results.has(index));
    let failed = 0;
    let stopped: Error | undefined;
    const worker = async (): Promise<void> => {
      while (waiting.length > 0 && stopped === undefined) {
        const index = waiting.shift()!;
        const item = { ...context, Map: { Item: { Index: index, Value: copied(items[index]) } } };
        const own = 'ItemSelector' in state ? filled(state.ItemSelector, input, item) : items[index];
        try {
          results.set(
            index,
            await this.run(processor, { state: processor.StartAt, input: own }, { Execution: context.Execution }),
          );
        } catch (error) {
          stopped = error instanceof Stopped || error instanceof NotUnderstood ? error : stopped;
          failed++;
        }
      }
    };
    await Promise.all(Array.from({ length: Number(state.MaxConcurrency) }, worker));
    if (stopped !== undefined) {
      throw stopped;
    }
    if (failed > (items.length * Number(state.ToleratedFailurePercentage ?? 0)) / 100) {
      throw named('States.ExceedToleratedFailureThreshold', `${failed} of ${items.length} items failed`);
    }
    const all = [...items.keys()].map((index) => results.get(index));
    refuseLarge(all);
    return all;
  }
}

export function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function refuseUnknown(name: string, state: State | undefined): asserts state is State {
  const strange = state && Object.keys(state).filter((field) => ![...COMMON, ...KNOWN[state.Type]].includes(field));
  if (strange === undefined || strange.length > 0) {
    throw new NotUnderstood(
      `state ${name} is not there, or has fields that are not understood here: ${strange?.join(', ')}`,
    );
  }
}

function refuseLarge(data: Json): void {
  if (Buffer.byteLength(JSON.stringify(data ?? null)) > MOST_BYTES) {
    throw named('States.DataLimitExceeded', 'a state has more data than it may');
  }
}

/** The first entry of a Retry or Catch that an error belongs to. */
function matching(entries: Json, error: unknown): Fields | undefined {
  const { name } = error as Error;
  if (
    error instanceof Stopped ||
    error instanceof NotUnderstood ||
    ['States.DataLimitExceeded', 'States.Runtime'].includes(name)
  ) {
    return undefined;
  }
  return ((entries ?? []) as readonly (Fields & { readonly ErrorEquals: readonly string[] })[]).find(
    ({ ErrorEquals }) => ErrorEquals.includes(name) || ErrorEquals.includes('States.ALL'),
  );
}

function chosen(state: State, input: Json): string {
  const rules = state.Choices as readonly (Fields & { readonly Variable: string; readonly Next: string })[];
  const rule = rules.find(({ Variable, Next: _, ...operator }) => {
    const [[name, operand], ...others] = Object.entries(operator);
    const value = lookUp(Variable, input);
    if (others.length > 0 || (value === undefined && name !== 'IsPresent')) {
      throw named('States.Runtime', `the choice by ${Variable} cannot be made`);
    }
    switch (name) {
      case 'IsPresent':
        return (value !== undefined) === operand;
      case 'BooleanEquals':
        return value === operand;
      case 'NumericGreaterThan':
        return typeof value === 'number' && value > (operand as number);
      default:
        throw new NotUnderstood(name);
    }
  });
  return rule?.Next ?? (state.Default as string);
}

/** A template with the values that its paths lead to. */
function filled(template: Json, input: Json, context: Fields): Json {
  if (typeof template !== 'object' || template === null || Array.isArray(template)) {
    return template;
  }
  return Object.fromEntries(
    Object.entries(template).map(([key, value]: [string, Json]) =>
      key.endsWith('.$')
        ? [key.slice(0, -2), valueAt(value as string, input, context)]
        : [key, filled(value, input, context)],
    ),
  );
}

function valueAt(path: string, input: Json, context: Fields): Json {
  const value = path.startsWith('$$') ? lookUp(path.slice(1), context) : lookUp(path, input);
  if (value === undefined) {
    throw named('States.ParameterPathFailure', `${path} leads to nothing`);
  }
  return copied(value);
}

function lookUp(path: string, data: Json): Json {
  if (!/^\$(\.\w+)*$/.test(path)) {
    throw new NotUnderstood(path);
  }
  return path
    .split('.')
    .slice(1)
    .reduce((value, name) => (value as Fields | undefined | null)?.[name], data);
}

function placed({ ResultPath: path = '$' }: Fields, input: Json, result: Json): Json {
  if (path === null) {
    return input;
  }
  const name = /^\$(?:\.(\w+))?$/.exec(path as string);
  if (name === null) {
    throw new NotUnderstood(JSON.stringify(path));
  }
  return name[1] === undefined ? result : { ...(input as Fields), [name[1]]: result };
}

/** As it is when it has crossed a line. */
function copied(value: Json): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}
