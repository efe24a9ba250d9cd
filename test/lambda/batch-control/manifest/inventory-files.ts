import { gzipSync } from 'node:zlib';
import type { InputObject } from '../../../../lambda/batch/contract';
import type { MemoryStore } from '../../batch/memory-store';

export const REPORTS = 'inventory/lake/daily/';

export interface Report {
  readonly at?: string;
  readonly columns?: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Rows of a list. */
  readonly perFile?: number;
  readonly manifest?: Readonly<Record<string, unknown>>;
  readonly checksum?: boolean;
}

export const COLUMNS = ['Bucket', 'Key', 'Size', 'LastModifiedDate', 'ETag'];

/** A key as S3 writes it into an inventory. */
export const encoded = (key: string): string => encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');

export const rowOf = ({ key, bytes, etag }: InputObject): string[] => [
  'lake',
  encoded(key),
  String(bytes),
  '2026-02-01T00:00:00.000Z',
  etag.replaceAll('"', ''),
];

export function csv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`).join('');
}

/** Leaves a report as S3 does, and gives the key of its manifest. */
export function report(store: MemoryStore, given: Report): string {
  const { at = '2026-02-28T01-00Z', columns = COLUMNS, rows, perFile = 1000, manifest = {}, checksum = true } = given;
  const files: { key: string; size: number; MD5checksum: string }[] = [];
  for (let from = 0; from < rows.length; from += perFile) {
    const content = gzipSync(csv(rows.slice(from, from + perFile)));
    const key = `${REPORTS}data/${at}-${from}.csv.gz`;
    store.binaries.set(key, content);
    files.push({ key, size: content.length, MD5checksum: '0' });
  }
  const key = `${REPORTS}${at}/manifest.json`;
  const content = {
    sourceBucket: 'lake',
    destinationBucket: 'arn:aws:s3:::reports',
    version: '2016-11-30',
    creationTimestamp: '1514944800000',
    fileFormat: 'CSV',
    fileSchema: columns.join(', '),
    files,
    ...manifest,
  };
  store.files.set(key, JSON.stringify(content, undefined, 2));
  if (checksum) {
    store.files.set(`${REPORTS}${at}/manifest.checksum`, '0');
  }
  return key;
}
