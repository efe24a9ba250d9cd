import { parse } from 'csv-parse/sync';
import type { StreamPrediction } from '../../stream/contract';

/** Stands for a number that is not finite; no answer has it otherwise. */
export const NOT_FINITE = Symbol('not finite');

const MARK = '\u0000not finite\u0000';
/** What Python writes into JSON, though it is none. */
const NOT_JSON = /(?<=[[,:\s]|^)-?(?:NaN|Infinity)(?=[\],}\s]|$)/g;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NO_NUMBER = /^[+-]?(?:nan|inf|infinity)$/i;

/** What an endpoint answered. */
export interface EndpointAnswer {
  readonly predictions: readonly unknown[];
  /** The model that says it has predicted: of an endpoint with several variants each may be another one. */
  readonly model?: StreamPrediction['model'];
}

/**
 * The predictions of an answer: one for each instance, or {@link NOT_FINITE} where a number in it is none. Throws where the answer
 * cannot be read, or has another number of them.
 */
export function readPredictions(body: string, contentType: string, instances: number): EndpointAnswer {
  const { predictions, model } = read(body, contentType.split(';')[0].trim().toLowerCase());
  if (predictions.length !== instances) {
    throw new Error(`the endpoint answered ${predictions.length} predictions for ${instances} records`);
  }
  return { predictions: predictions.map((value) => (isFinitePrediction(value) ? value : NOT_FINITE)), model };
}

function read(body: string, contentType: string): EndpointAnswer {
  switch (contentType) {
    case 'application/jsonlines':
    case 'application/x-jsonlines':
    case 'application/jsonl':
      return { predictions: linesOf(body).map(readJson) };
    case 'text/csv':
      return { predictions: readCsv(body) };
    default:
      return readDocument(body);
  }
}

/** `{"predictions": [...]}`, perhaps with the model that predicted, or the list by itself. */
function readDocument(body: string): EndpointAnswer {
  const document = readJson(body);
  const predictions =
    typeof document === 'object' && document !== null && 'predictions' in document ? document.predictions : document;
  if (!Array.isArray(predictions)) {
    throw new Error('the endpoint answered JSON that is neither a list nor has "predictions"');
  }
  return { predictions: predictions as readonly unknown[], model: modelOf(document) };
}

function modelOf(document: unknown): StreamPrediction['model'] | undefined {
  const { name, version } = (document as { model?: Partial<StreamPrediction['model']> | null }).model ?? {};
  return typeof name === 'string' && typeof version === 'string' ? { name, version } : undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      return JSON.parse(text.replace(NOT_JSON, JSON.stringify(MARK)));
    } catch {
      throw new Error('the endpoint answered what is not valid JSON');
    }
  }
}

function linesOf(body: string): string[] {
  return body.split('\n').filter((line) => line.trim() !== '');
}

/** A row with one cell is the cell. */
function readCsv(body: string): readonly unknown[] {
  let rows: string[][];
  try {
    rows = parse(body, { skip_empty_lines: true, relax_column_count: true, trim: true });
  } catch {
    throw new Error('the endpoint answered what is not valid CSV');
  }
  return rows.map((row) => (row.length === 1 ? readCell(row[0]) : row.map(readCell)));
}

function readCell(cell: string): unknown {
  return NUMBER.test(cell) ? Number(cell) : NO_NUMBER.test(cell) ? MARK : cell;
}

function isFinitePrediction(value: unknown): boolean {
  if (typeof value === 'number') {
    return Number.isFinite(value);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).every(isFinitePrediction);
  }
  return value !== MARK;
}
