import type { KinesisStreamEvent } from 'aws-lambda';
import { createServer } from 'node:http';
import { listenForClients } from '../../helpers/loopback';

/** What an invocation comes to. */
export type Invocation =
  | { readonly answer: unknown; readonly log?: string; readonly version?: string }
  | { readonly error: object }
  | { readonly status: number; readonly name: string };

/** AWS Lambda with one function, on this machine, for the real client. */
export class LoopbackConsumer {
  /** Names of the functions with their aliases, as they were called. */
  public readonly called: string[] = [];
  public readonly events: KinesisStreamEvent[] = [];
  public invoke: (event: KinesisStreamEvent, call: number) => Invocation | Promise<Invocation> = () => ({
    answer: { batchItemFailures: [] },
  });
  private readonly server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const url = new URL(request.url!, 'http://lambda');
      const name = /^\/2015-03-31\/functions\/(.+)\/invocations$/.exec(decodeURIComponent(url.pathname))?.[1];
      this.called.push(`${name}${url.searchParams.has('Qualifier') ? `:${url.searchParams.get('Qualifier')}` : ''}`);
      const event = JSON.parse(Buffer.concat(pieces).toString()) as KinesisStreamEvent;
      this.events.push(event);
      void Promise.resolve(this.invoke(event, this.events.length)).then((invocation) => {
        if ('status' in invocation) {
          const type = { 'content-type': 'application/json', 'x-amzn-errortype': invocation.name };
          response.writeHead(invocation.status, type).end(JSON.stringify({ message: `${invocation.name} it is` }));
          return;
        }
        const failed = 'error' in invocation;
        const log = failed ? '' : (invocation.log ?? '');
        const version = failed ? '1' : (invocation.version ?? '1');
        response.writeHead(200, {
          'x-amz-executed-version': version,
          'x-amz-log-result': Buffer.from(log).toString('base64'),
          ...(failed ? { 'x-amz-function-error': 'Unhandled' } : {}),
        });
        response.end(JSON.stringify(failed ? invocation.error : invocation.answer));
      });
    });
  });

  public start(): Promise<() => void> {
    return listenForClients(this.server, 'AWS_ENDPOINT_URL_LAMBDA');
  }

  /** Sequence numbers of each invocation. */
  public get numbers(): string[][] {
    return this.events.map(({ Records }) => Records.map(({ kinesis }) => kinesis.sequenceNumber));
  }
}
