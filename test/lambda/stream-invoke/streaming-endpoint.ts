import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventStreamCodec } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';

const codec = new EventStreamCodec(toUtf8, fromUtf8);

const text = (value: string) => ({ type: 'string' as const, value });

/** One piece of an answer, framed as SageMaker frames it. */
export function piece(bytes: string | Buffer): Buffer {
  const headers = {
    ':message-type': text('event'),
    ':event-type': text('PayloadPart'),
    ':content-type': text('application/octet-stream'),
  };
  return Buffer.from(codec.encode({ headers, body: Buffer.from(bytes) }));
}

/** An error in the middle of an answer. */
export function failure(type: string, body: object): Buffer {
  const headers = {
    ':message-type': text('exception'),
    ':exception-type': text(type),
    ':content-type': text('application/json'),
  };
  return Buffer.from(codec.encode({ headers, body: Buffer.from(JSON.stringify(body)) }));
}

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** SageMaker's runtime on the loopback: what it was asked, and what it answers next. */
export class StreamingEndpoint {
  readonly requests: SeenRequest[] = [];
  /** How many connections were closed before the answer was whole. */
  abandoned = 0;
  respond: (response: ServerResponse) => void | Promise<void> = () => undefined;
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.requests.push({
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      });
      response.on('close', () => (this.abandoned += response.writableFinished ? 0 : 1));
      void this.respond(response);
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** The head of an answer that comes piece by piece. */
export function streamHead(response: ServerResponse, contentType: string): void {
  response.writeHead(200, {
    'content-type': 'application/vnd.amazon.eventstream',
    'x-amzn-sagemaker-content-type': contentType,
  });
}

/** A refusal instead of a stream. */
export function refuse(response: ServerResponse, status: number, type: string, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  response.end(JSON.stringify(body));
}
