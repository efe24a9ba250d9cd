import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Context } from 'aws-lambda';
import type { CorsHeaders } from '../predict/cors';
import { asHttpRequest, header } from '../predict/http-event';
import { describeFault, errorEvent, readRequest, refusalOf, type StreamRequest, takesErrorEvents } from './core';

/** What a model answers, piece by piece. */
export interface ModelStream {
  readonly contentType: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** What goes before the first byte of an answer. */
export interface Head {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** What one request came to. */
export interface StreamSummary {
  /** Whether it failed through our own fault, in a way that AWS Lambda does not see as an error. */
  readonly handledServerError: boolean;
  /** Absent when no piece came. */
  readonly firstChunkMilliseconds?: number;
}

export interface StreamParts {
  /** Asks the endpoint; gives up when nobody waits for the answer any more. */
  readonly invoke: (request: StreamRequest, gone: AbortSignal) => Promise<ModelStream>;
  readonly begin: (sink: Writable, head: Head) => Writable;
  /** The CORS headers of an answer to a caller from this origin; absent where no page of another site may read it. */
  readonly corsHeaders?: CorsHeaders;
  readonly report: (summary: StreamSummary) => void;
  readonly logFault: (fault: Readonly<Record<string, unknown>>) => void;
}

export type StreamHandler = (event: unknown, sink: Writable, context: Pick<Context, 'awsRequestId'>) => Promise<void>;

const JSON_TYPE = 'application/json';

/** The stream that has begun could not be finished. Thrown, so that AWS Lambda ends the answer as a failed one. */
export class BrokenStreamError extends Error {
  readonly name = 'BrokenStreamError';
}

export function createHandler(parts: StreamParts): StreamHandler {
  return async (event, sink, context) => {
    const started = performance.now();
    const http = asHttpRequest(event);
    if (http === undefined) {
      throw new Error('the event is none of a REST API');
    }
    const requestId = http.requestId ?? context.awsRequestId;
    const common = {
      ...parts.corsHeaders?.(header(http, 'origin')),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    };
    const gone = new AbortController();
    sink.once('close', () => gone.abort());

    let stream: ModelStream;
    let chunks: AsyncIterator<Uint8Array>;
    let chunk: IteratorResult<Uint8Array>;
    let inferenceId: string | undefined;
    try {
      const request = readRequest(http, requestId);
      ({ inferenceId } = request);
      stream = await parts.invoke(request, gone.signal);
      chunks = stream.chunks[Symbol.asyncIterator]();
      // Until the first piece is here, a failure can still have a status of its own.
      chunk = await chunks.next();
    } catch (error) {
      if (gone.signal.aborted) {
        parts.report({ handledServerError: false });
        return;
      }
      const { status, body } = refusalOf(error, requestId);
      if (status >= 500) {
        parts.logFault({ requestId, inferenceId, ...describeFault(error) });
      }
      parts.report({ handledServerError: status >= 500 });
      parts.begin(sink, { statusCode: status, headers: { ...common, 'content-type': JSON_TYPE } }).end(body);
      return;
    }

    const summary = { firstChunkMilliseconds: performance.now() - started };
    const headers = { ...common, 'content-type': stream.contentType, 'x-inference-id': inferenceId };
    const answer = parts.begin(sink, { statusCode: 200, headers });
    try {
      for (; chunk.done !== true; chunk = await chunks.next()) {
        // Nothing is read from the model before the caller has taken what is there.
        if (!answer.write(chunk.value)) {
          await once(answer, 'drain', { signal: gone.signal });
        }
      }
    } catch (error) {
      await chunks.return?.();
      const tellable = takesErrorEvents(stream.contentType);
      const left = gone.signal.aborted;
      parts.report({ ...summary, handledServerError: tellable && !left });
      if (left) {
        return;
      }
      parts.logFault({ requestId, inferenceId, ...describeFault(error) });
      if (!tellable) {
        throw new BrokenStreamError('the answer broke off before its end');
      }
      answer.end(errorEvent(requestId));
      return;
    }
    parts.report({ ...summary, handledServerError: false });
    answer.end();
  };
}
