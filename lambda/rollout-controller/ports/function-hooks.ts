import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { Answer, HookCall, Hooks } from '../../rollout/ports';
import { isLater } from '../../smoke-test/call-version';

/** Of an answer that is no answer, so much is told. */
const SHOWN = 200;

/**
 * Functions that are asked whether a rollout goes on. One that fails says no; one that is busy, or takes longer than a tick has time for,
 * is asked again with the same id.
 */
export class FunctionHooks implements Hooks {
  constructor(
    private readonly lambda: LambdaClient,
    private readonly target: string,
    /** Milliseconds for one call. */
    private readonly time: () => number,
  ) {}

  public async run({ id, name, ...call }: HookCall): Promise<Answer> {
    const signal = AbortSignal.timeout(Math.max(1, Math.floor(this.time())));
    try {
      const payload = { id: `${this.target}:${id}`, target: this.target, ...call };
      const { FunctionError, Payload } = await this.lambda.send(
        new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(payload)) }),
        { abortSignal: signal },
      );
      const text = Buffer.from(Payload ?? []).toString('utf8');
      return FunctionError === undefined
        ? answerOf(text, name)
        : { passed: false, text: `it failed: ${reasonOf(text)}` };
    } catch (error) {
      if (signal.aborted || isLater(error)) {
        return 'wait';
      }
      throw error;
    }
  }
}

function answerOf(json: string, name: string): Answer {
  const { status, text } = (parsed(json) ?? {}) as { readonly status?: unknown; readonly text?: unknown };
  switch (status) {
    case 'wait':
      return 'wait';
    case 'passed':
    case 'failed':
      return { passed: status === 'passed', text: typeof text === 'string' ? text.slice(0, 1_000) : status };
    default:
      throw new Error(
        `the hook ${name} answers ${json.slice(0, SHOWN)}, and must answer {"status": "passed" | "failed" | "wait", "text": ...}`,
      );
  }
}

/** AWS Lambda answers with the error of the function as JSON. */
function reasonOf(json: string): string {
  const { errorType = 'Error', errorMessage } = (parsed(json) ?? {}) as Partial<Record<string, string>>;
  return errorMessage === undefined ? json.slice(0, SHOWN) : `${errorType}: ${errorMessage}`.slice(0, 1_000);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
