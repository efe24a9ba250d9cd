import { parse } from 'csv-parse/sync';
import type { ApiClient } from './api-client';

/** One row of labelled data. */
export interface LabelledRow {
  readonly input: Record<string, number>;
  readonly malignant: number;
}

/** How a deployed model did on labelled rows. */
export interface Score {
  readonly requests: number;
  readonly errors: number;
  readonly accuracy: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Answers by model version. */
  readonly versions: Record<string, number>;
}

export function labelledRows(csv: string): LabelledRow[] {
  const rows = parse(csv, {
    columns: true,
    cast: (cell, { header }) => (header ? cell : Number(cell)),
  }) as unknown as Record<string, number>[];
  return rows.map(({ malignant, ...input }) => ({ input, malignant }));
}

/** Sends each row as a request of its own, a few at a time, and compares the answers with the labels. */
export async function score(api: ApiClient, rows: readonly LabelledRow[], concurrency = 4): Promise<Score> {
  const latencies: number[] = [];
  const versions: Record<string, number> = {};
  let errors = 0;
  let right = 0;
  const waiting = rows.values();
  const send = async () => {
    for (const { input, malignant } of waiting) {
      const { status, body, milliseconds } = await api.predict(JSON.stringify(input));
      latencies.push(milliseconds);
      if (status !== 200) {
        errors += 1;
        continue;
      }
      const answer = body as { predictions: { malignant: number }[]; model: { version: string } };
      versions[answer.model.version] = (versions[answer.model.version] ?? 0) + 1;
      right += answer.predictions[0].malignant === malignant ? 1 : 0;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, send));
  latencies.sort((a, b) => a - b);
  const percentile = (p: number) =>
    latencies[Math.min(latencies.length - 1, Math.ceil((p / 100) * latencies.length) - 1)];
  return {
    requests: rows.length,
    errors,
    accuracy: right / rows.length,
    p50: percentile(50),
    p95: percentile(95),
    p99: percentile(99),
    versions,
  };
}
