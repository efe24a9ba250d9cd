import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenForClients } from '../../helpers/loopback';
import { errorsOf, type Member, type Operation, operationsOf, type Values } from './client-schema';

/** What a service answers instead of doing what it was asked. */
export class Refusal extends Error {
  constructor(
    public readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** One service: the client that talks to it, and what it does when it is asked. */
export interface SimulatedService {
  readonly name: string;
  /** `require('@aws-sdk/client-...')` */
  readonly client: Values;
  /** What JSON protocols have before the name of an operation; absent for REST. */
  readonly target?: string;
  /** How it says that there were too many requests. */
  readonly throttling: string;
  readonly operations: Readonly<Record<string, (input: Values) => Values>>;
}

/** One service whose requests and answers are not JSON: it takes them apart itself. */
export interface RawService {
  /** Undefined for a request to another service. */
  readonly find: (request: IncomingMessage, text: string) => RawCall | undefined;
  /** How it writes an error. */
  readonly refusal: (code: string, message: string) => string;
}

export interface RawCall extends Pick<Call, 'operation' | 'input'> {
  /** Does what was asked, and gives the body of the answer. */
  readonly run: () => string;
}

/**
 * What may go wrong with a request: it is refused as one too many, the service fails, the connection breaks before the service has
 * done anything, or after it has done everything.
 */
export type Fault = 'throttled' | 'failed' | 'reset' | 'lost';
export const FAULTS: readonly Fault[] = ['throttled', 'failed', 'reset', 'lost'];

/** A request as it came. */
export interface Call {
  readonly operation: string;
  readonly input: Values;
  /** What the service refused it with. */
  refused?: string;
  fault?: Fault;
}

interface Known {
  readonly service: SimulatedService;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly errors: ReadonlyMap<string, number>;
}

/** Errors that any service may answer, which clients have no schema for. */
const COMMON = new Map([
  ['AccessDeniedException', 400],
  ['ThrottlingException', 400],
  ['ValidationException', 400],
  ['InternalFailure', 500],
]);

/**
 * Services of AWS on this machine, for the real clients: requests are taken apart and checked by the schemas that the clients carry.
 * Nothing happens here by itself, and time is what a test says it is.
 */
export class LoopbackServices {
  public readonly calls: Call[] = [];
  /** Which fault a request meets; asked with its index among all requests. */
  public fault: (index: number, call: Call) => Fault | undefined = () => undefined;
  private readonly known: readonly Known[];
  private readonly server = createServer((request, response) => void this.answer(request, response));

  constructor(
    services: readonly SimulatedService[],
    private readonly raw: readonly RawService[] = [],
  ) {
    this.known = services.map((service) => ({
      service,
      operations: operationsOf(service.client),
      errors: errorsOf(service.client),
    }));
  }

  /** Listens, and makes every client of this process find it. Gives what ends that. */
  public start(): Promise<() => void> {
    return listenForClients(this.server);
  }

  /** Names of operations that changed something, or were to, in order. */
  public get changes(): string[] {
    return this.calls.map(({ operation }) => operation).filter((name) => !/^(Get|List|Describe)/.test(name));
  }

  /** One request, wherever it was listened for. */
  public async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) {
      pieces.push(piece as Buffer);
    }
    const text = Buffer.concat(pieces).toString();
    for (const service of this.raw) {
      const asked = service.find(request, text);
      if (asked !== undefined) {
        this.answerRaw(service, asked, response);
        return;
      }
    }
    const found = this.find(request, text);
    if (found === undefined) {
      throw new Error(
        `no service here answers ${request.method} ${request.url} ${String(request.headers['x-amz-target'])}`,
      );
    }
    const { known, operation, input } = found;
    const call: Call = { operation: operation.name, input };
    this.calls.push(call);
    call.fault = this.fault(this.calls.length - 1, call);
    if (call.fault === 'reset') {
      response.destroy();
      return;
    }
    try {
      if (call.fault !== undefined && call.fault !== 'lost') {
        const [code, message] =
          call.fault === 'throttled'
            ? [known.service.throttling, 'Rate exceeded']
            : ['InternalFailure', 'internal failure'];
        throw new Refusal(code, message);
      }
      const faults = operation.faults(input);
      if (faults.length > 0) {
        throw new Refusal('ValidationException', faults.join('; '));
      }
      const output = known.service.operations[operation.name](input);
      if (call.fault === 'lost') {
        response.destroy();
        return;
      }
      send(response, operation, output);
    } catch (error) {
      if (!(error instanceof Refusal)) {
        response.destroy(error as Error);
        throw error;
      }
      call.refused = `${error.code}: ${error.message}`;
      if (call.fault === 'lost') {
        response.destroy();
        return;
      }
      const status = known.errors.get(error.code) ?? COMMON.get(error.code);
      if (status === undefined) {
        throw new Error(`${error.code} is no error of ${known.service.name}`, { cause: error });
      }
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': error.code });
      response.end(JSON.stringify({ __type: error.code, message: error.message }));
    }
  }

  private answerRaw(service: RawService, { operation, input, run }: RawCall, response: ServerResponse): void {
    const call: Call = { operation, input };
    this.calls.push(call);
    call.fault = this.fault(this.calls.length - 1, call);
    if (call.fault === undefined) {
      response.writeHead(200, { 'content-type': 'text/xml' }).end(run());
    } else if (call.fault === 'throttled' || call.fault === 'failed') {
      const code = call.fault === 'throttled' ? 'Throttling' : 'InternalFailure';
      response.writeHead(503, { 'content-type': 'text/xml' }).end(service.refusal(code, 'not now'));
    } else {
      if (call.fault === 'lost') {
        run();
      }
      response.destroy();
    }
  }

  private find(
    { method, url, headers }: IncomingMessage,
    text: string,
  ): { readonly known: Known; readonly operation: Operation; readonly input: Values } | undefined {
    const target = headers['x-amz-target'];
    const at = new URL(url!, 'http://aws');
    for (const known of this.known) {
      const { service, operations } = known;
      for (const name of Object.keys(service.operations)) {
        const operation = operations.get(name)!;
        if (service.target !== undefined) {
          if (target === `${service.target}.${name}`) {
            return { known, operation, input: JSON.parse(text) as Values };
          }
        } else if (target === undefined && operation.http![0] === method) {
          const places = inPath(operation.http![1], at.pathname);
          if (places !== undefined) {
            const body = (): Values => (text === '' ? {} : (JSON.parse(text) as Values));
            return { known, operation, input: inputOf(operation, places, at.searchParams, headers, text, body) };
          }
        }
      }
    }
    return undefined;
  }
}

function inPath(pattern: string, path: string): Values | undefined {
  const names = pattern.split('/');
  const given = path.split('/');
  if (names.length !== given.length) {
    return undefined;
  }
  const found: Values = {};
  const matches = names.every((name, index) => {
    const [, label] = /^\{(\w+)\}$/.exec(name) ?? [];
    if (label === undefined) {
      return name === given[index];
    }
    found[label] = decodeURIComponent(given[index]);
    return true;
  });
  return matches ? found : undefined;
}

function inputOf(
  operation: Operation,
  path: Values,
  query: URLSearchParams,
  headers: IncomingMessage['headers'],
  text: string,
  body: () => Values,
): Values {
  const typed = ({ schema }: Member, value: string | null | undefined): unknown =>
    value === null || value === undefined ? undefined : schema === 1 ? Number(value) : value;
  const payload = operation.input.find(({ place }) => place === 'payload');
  const input: Values = payload === undefined ? body() : { [payload.name]: text };
  for (const member of operation.input) {
    const { name, place, as } = member;
    if (place === 'path') {
      input[name] = path[as];
    } else if (place === 'query') {
      input[name] = typed(member, query.get(as));
    } else if (place === 'header') {
      input[name] = typed(member, headers[as] as string | undefined);
    }
  }
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}

function send(response: ServerResponse, operation: Operation, output: Values): void {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const body: Values = {};
  let payload: string | undefined;
  for (const { name, place, as } of operation.output) {
    const value = output[name];
    if (value === undefined) {
      continue;
    }
    if (place === 'header') {
      headers[as] = value as string;
    } else if (place === 'payload') {
      payload = value as string;
    } else if (place === 'body') {
      body[as] = value;
    }
  }
  const status = operation.http?.[2] ?? 200;
  response.writeHead(status, headers);
  response.end(status === 204 ? undefined : (payload ?? JSON.stringify(body)));
}
