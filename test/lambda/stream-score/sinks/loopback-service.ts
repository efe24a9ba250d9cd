import { createServer, type ServerResponse } from 'node:http';
import { listenForClients } from '../../../helpers/loopback';

/** What the service answers to an operation. */
export type Answer =
  | { readonly body: object; readonly afterMilliseconds?: number }
  | { readonly status: number; readonly error: string }
  | 'reset'
  | 'silence';

/** A service of AWS that speaks JSON, on this machine, for the real client. */
export class LoopbackService {
  /** Bodies of the requests, as they came. */
  public readonly requests: Record<string, unknown>[] = [];
  public answer: (operation: string, body: Record<string, unknown>, count: number) => Answer = () => ({ body: {} });
  private readonly server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).split('.')[1];
      const body = JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>;
      this.requests.push(body);
      const answer = this.answer(operation, body, this.requests.length);
      if (answer === 'reset') {
        request.socket.destroy();
      } else if (answer !== 'silence') {
        reply(response, answer);
      }
    });
  });

  /** Listens, and makes every client of this process find it. Gives what ends that. */
  public start(): Promise<() => void> {
    return listenForClients(this.server);
  }
}

function reply(response: ServerResponse, answer: Exclude<Answer, string>): void {
  const send = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  };
  if ('error' in answer) {
    send(answer.status, { __type: answer.error, message: `${answer.error} it is` });
  } else {
    setTimeout(() => send(200, answer.body), answer.afterMilliseconds ?? 0);
  }
}
