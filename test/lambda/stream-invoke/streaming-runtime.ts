import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

type Prelude = (write: (bytes: Uint8Array | string) => void) => void;

/** The answer of one invocation, as the runtime of AWS Lambda for Node.js sends it on. */
export class ResponseSink extends Writable {
  contentType?: string;
  beforeFirstWrite?: Prelude;
  /** Holds what is written back, as a slow caller does. */
  blocked = false;
  private readonly pieces: Buffer[] = [];
  private waiting?: () => void;

  constructor() {
    super({ highWaterMark: 1024 });
  }

  // Only a write sends the prelude: an answer that merely ends has none.
  override write(bytes: unknown): boolean {
    const prelude = this.beforeFirstWrite;
    this.beforeFirstWrite = undefined;
    prelude?.((first) => super.write(first));
    return super.write(bytes);
  }

  override _write(piece: Buffer, _: BufferEncoding, done: () => void): void {
    this.pieces.push(piece);
    if (this.blocked) {
      this.waiting = done;
    } else {
      done();
    }
  }

  release(): void {
    this.blocked = false;
    this.waiting?.();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }

  /** What the gateway makes of it: metadata, eight null bytes, and the body. */
  get answer(): { statusCode: number; headers: Record<string, string>; body: string } {
    const { bytes } = this;
    const end = bytes.indexOf(Buffer.alloc(8));
    if (this.contentType !== 'application/vnd.awslambda.http-integration-response' || end < 0) {
      throw new Error(`the gateway finds no metadata in '${bytes.toString()}'`);
    }
    const metadata = JSON.parse(bytes.subarray(0, end).toString()) as {
      statusCode: number;
      headers: Record<string, string>;
    };
    return { ...metadata, body: bytes.subarray(end + 8).toString() };
  }

  get error(): unknown {
    return (JSON.parse(this.answer.body) as { error: unknown }).error;
  }
}

/** What the runtime gives to handlers that stream. */
export const awslambda = {
  streamifyResponse: <T>(handler: T): T => handler,
  HttpResponseStream: {
    from(sink: ResponseSink, metadata: unknown): ResponseSink {
      sink.contentType = 'application/vnd.awslambda.http-integration-response';
      sink.beforeFirstWrite = (write) => {
        write(JSON.stringify(metadata));
        write(Buffer.alloc(8));
      };
      return sink;
    },
  },
};

/** Waits until something is so. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let left = 200; !condition(); left -= 1) {
    if (left === 0) {
      throw new Error(`still not so after two seconds: ${what}`);
    }
    await sleep(10);
  }
}
