import type { IncomingMessage } from 'node:http';
import { RequestError } from '../../lambda/predict/errors';

/**
 * The body of a request, in memory of its own that can be handed to another thread. One that is too large is refused as soon as
 * that is known, and the rest of it is read past, never kept. A caller who hangs up gets no answer.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const refuse = (bytes: string): void => {
      request.removeAllListeners('data').resume();
      reject(new RequestError('TOO_LARGE', `the body has ${bytes} bytes, at most ${maxBytes} are allowed`));
    };
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > maxBytes) {
      refuse(String(declared));
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) {
        chunks.length = 0;
        refuse(`${length} or more`);
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve(join(chunks, length)));
  });
}

/** Copied, because the chunks are parts of larger buffers, which would travel along. */
function join(chunks: readonly Buffer[], length: number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}
