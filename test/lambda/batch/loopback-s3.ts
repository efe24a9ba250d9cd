import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenForClients } from '../../helpers/loopback';

interface Stored {
  readonly body: Buffer;
  readonly type: string | undefined;
}

/** What a test does to a request instead of an answer; nothing for what S3 would do. */
export type Interference =
  { readonly status: number; readonly code: string } | 'reset' | 'silence' | 'half' | 'stall' | undefined;

const PAGE = 1000;

/** The part of Amazon S3 that the runs of a batch use, on this machine, for the real client. Buckets are there as they are named. */
export class LoopbackS3 {
  /** By `bucket/key`. */
  public readonly objects = new Map<string, Stored>();
  /** When an object was written, by `bucket/key`: listings say so where a test does. */
  public readonly written = new Map<string, Date>();
  /** Uploads in parts that were neither completed nor taken back. */
  public readonly open = new Map<string, Map<number, Buffer>>();
  /** Methods and paths with queries, as they came. */
  public readonly requests: string[] = [];
  public interfere: (request: string) => Interference = () => undefined;
  private readonly server = createServer((request, response) => void this.answer(request, response));
  private uploads = 0;

  /** Listens, and makes every client of this process find it. Gives what ends that. */
  public start(): Promise<() => void> {
    return listenForClients(this.server, 'AWS_ENDPOINT_URL_S3');
  }

  public text(path: string): string | undefined {
    return this.objects.get(path)?.body.toString();
  }

  public put(path: string, text: string): void {
    this.objects.set(path, { body: Buffer.from(text), type: undefined });
  }

  public etag(path: string): string {
    return `"${createHash('md5').update(this.objects.get(path)!.body).digest('hex')}"`;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) {
      pieces.push(piece as Buffer);
    }
    const url = new URL(request.url!, 'http://s3');
    const path = decodeURIComponent(url.pathname.slice(1));
    const line = `${request.method} ${path}${url.search}`;
    this.requests.push(line);
    const interference = this.interfere(line);
    if (interference === 'reset') {
      response.destroy();
    } else if (interference === 'half' || interference === 'stall') {
      const { body } = this.objects.get(path)!;
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, body.length / 2), () => interference === 'half' && response.destroy());
    } else if (typeof interference === 'object') {
      refuse(response, interference.status, interference.code);
    } else if (interference === undefined) {
      this.serve(request, response, url.searchParams, path, Buffer.concat(pieces));
    }
  }

  private serve(
    { method, headers }: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
    path: string,
    body: Buffer,
  ): void {
    const id = query.get('uploadId') ?? '';
    const parts = this.open.get(id);
    const type = headers['content-type'];
    if (method === 'GET' && query.has('list-type')) {
      this.list(response, path.replace(/\/$/, ''), query);
    } else if (method === 'GET') {
      const stored = this.objects.get(path);
      const stale = stored !== undefined && ![undefined, this.etag(path)].includes(headers['if-match']);
      if (stored === undefined || stale) {
        refuse(response, stale ? 412 : 404, stale ? 'PreconditionFailed' : 'NoSuchKey');
      } else {
        response.writeHead(200, { 'content-length': stored.body.length, etag: this.etag(path) }).end(stored.body);
      }
    } else if (method === 'POST' && query.has('uploads')) {
      const upload = String(this.uploads++);
      this.open.set(upload, new Map());
      xml(response, `<InitiateMultipartUploadResult><UploadId>${upload}</UploadId></InitiateMultipartUploadResult>`);
    } else if (parts !== undefined && method === 'PUT') {
      parts.set(Number(query.get('partNumber')), body);
      response.writeHead(200, { etag: `"${parts.size}"` }).end();
    } else if (parts !== undefined && method === 'DELETE') {
      this.open.delete(id);
      response.writeHead(204).end();
    } else if (parts !== undefined && method === 'POST') {
      const numbers = [...parts.keys()].sort((one, other) => one - other);
      this.objects.set(path, { body: Buffer.concat(numbers.map((number) => parts.get(number)!)), type });
      this.open.delete(id);
      xml(response, '<CompleteMultipartUploadResult><ETag>&quot;1&quot;</ETag></CompleteMultipartUploadResult>');
    } else if (!this.mayWrite(path, headers)) {
      refuse(response, 412, 'PreconditionFailed');
    } else {
      this.objects.set(path, { body, type });
      response.writeHead(200, { etag: this.etag(path) }).end();
    }
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
  private mayWrite(path: string, headers: IncomingMessage['headers']): boolean {
    const there = this.objects.has(path);
    return headers['if-none-match'] === '*'
      ? !there
      : headers['if-match'] === undefined || (there && headers['if-match'] === this.etag(path));
  }

  private list(response: ServerResponse, bucket: string, query: URLSearchParams): void {
    const prefix = `${bucket}/${query.get('prefix') ?? ''}`;
    const after = `${bucket}/${query.get('start-after') ?? ''}`;
    const all = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const begin = Number(query.get('continuation-token') ?? 0);
    const most = Math.min(PAGE, Number(query.get('max-keys') ?? PAGE));
    const contents = all.slice(begin, begin + most).map((path) => {
      const key = path.slice(bucket.length + 1);
      const etag = this.etag(path).replaceAll('"', '&quot;');
      const written = this.written.get(path);
      const time = written === undefined ? '' : `<LastModified>${written.toISOString()}</LastModified>`;
      return `<Contents><Key>${escaped(key)}</Key>${time}<Size>${this.objects.get(path)!.body.length}</Size><ETag>${etag}</ETag></Contents>`;
    });
    const more = begin + most < all.length;
    const next = more ? `<NextContinuationToken>${begin + most}</NextContinuationToken>` : '';
    xml(response, `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`);
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code} it is</Message></Error>`,
  );
}

function xml(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/xml' }).end(`<?xml version="1.0" encoding="UTF-8"?>${text}`);
}

/** As S3 writes keys: what would not be read again as it was is a reference. */
function escaped(key: string): string {
  // eslint-disable-next-line no-control-regex
  return key.replace(/[&<>"'\u0000-\u001f]/g, (character) => `&#x${character.charCodeAt(0).toString(16)};`);
}
