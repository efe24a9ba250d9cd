import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { bytesOf, etagOf, keyOf, OBJECTS } from './input';

const PAGE = 1000;

/** As much of S3 as planning needs: an input that is computed, and objects that are kept where their names say so. */
export class LoopbackS3 {
  public readonly kept = new Map<string, string>();
  public requests = 0;
  private readonly server: Server;

  /**
   * @param generated bodies that are made when they are asked for, by key
   * @param keep whose bodies are kept; others are read and dropped
   */
  public constructor(
    private readonly generated: Readonly<Record<string, () => Iterable<string>>>,
    private readonly keep: (key: string) => boolean,
  ) {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  public async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++;
    const url = new URL(request.url!, 'http://loopback');
    const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'));
    if (request.method === 'GET' && url.searchParams.get('list-type') === '2') {
      const prefix = url.searchParams.get('prefix') ?? '';
      const folder = /results\/(\d+)\/$/.exec(prefix)?.[1];
      response.end(
        folder === undefined
          ? page(Number(url.searchParams.get('continuation-token') ?? 0))
          : results(prefix, Number(folder) * RESULTS_IN_FOLDER),
      );
    } else if (request.method === 'GET') {
      await this.read(key, response);
    } else {
      let body = '';
      for await (const chunk of request) {
        body += this.keep(key) ? String(chunk) : '';
      }
      if (this.keep(key)) {
        this.kept.set(key, body);
      }
      response.setHeader('etag', '"0"');
      response.end(url.searchParams.has('uploads') || url.searchParams.has('uploadId') ? MULTIPART : '');
    }
  }

  private async read(key: string, response: ServerResponse): Promise<void> {
    if (!(key in this.generated)) {
      response.statusCode = 404;
      response.end('<Error><Code>NoSuchKey</Code><Message>none</Message></Error>');
      return;
    }
    for (const piece of this.generated[key]()) {
      if (!response.write(piece)) {
        await new Promise((resolve) => response.once('drain', resolve));
      }
    }
    response.end();
  }
}

const MULTIPART =
  '<Result><Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId><Location>l</Location><ETag>"0"</ETag></Result>';

/** Results of an earlier run that one of its partitions has. */
export const RESULTS_IN_FOLDER = 1000;

function results(folder: string, start: number): string {
  const end = Math.min(OBJECTS, start + RESULTS_IN_FOLDER);
  return listing(start, end, (number) => `${folder}${keyOf(number)}.out`);
}

function page(start: number): string {
  const end = Math.min(OBJECTS, start + PAGE);
  return listing(start, end, keyOf, end < OBJECTS ? end : undefined);
}

function listing(start: number, end: number, named: (number: number) => string, next?: number): string {
  let contents = '';
  for (let number = start; number < end; number++) {
    contents +=
      `<Contents><Key>${named(number)}</Key><LastModified>2026-02-01T00:00:00.000Z</LastModified>` +
      `<ETag>&quot;${etagOf(number).slice(1, -1)}&quot;</ETag><Size>${bytesOf(number)}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
  }
  const token = next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`;
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>${contents}${token}</ListBucketResult>`;
}
