import type { JobSettings, ScoreHistogram } from '../batch/contract';
import { ObjectFault } from '../batch/object-faults';
import { addHistograms, EMPTY_HISTOGRAM, histogramOf } from '../batch/score-histogram';

/** What an answer has in it. */
export interface Answer {
  readonly records: number;
  readonly scores: ScoreHistogram;
}

/** Scores are put into buckets this many at a time. */
const SCORES_AT_A_TIME = 10_000;

const NOT_FINITE = /^[+-]?(nan|inf|infinity)$/i;

/**
 * Counts the records of an answer, one per line, and gathers the last number of each. Throws an ObjectFault where there are none,
 * where that number is not finite, and where a line is not what was asked for. Of what is no text only the beginning is read.
 */
export async function readAnswer(
  text: AsyncIterable<string>,
  { answers, lines }: Pick<JobSettings, 'answers' | 'lines'>,
): Promise<Answer> {
  let records = 0;
  let histogram = EMPTY_HISTOGRAM;
  let scores: number[] = [];
  for await (const line of text) {
    if (line.trim() === '') {
      continue;
    }
    records++;
    if (answers === 'opaque' && !lines) {
      break;
    }
    const score = scoreIn[answers](line, records);
    if (score !== undefined) {
      scores.push(score);
    }
    if (scores.length === SCORES_AT_A_TIME) {
      histogram = addHistograms(histogram, histogramOf(scores));
      scores = [];
    }
  }
  if (records === 0) {
    throw new ObjectFault('the answer is empty');
  }
  return { records, scores: addHistograms(histogram, histogramOf(scores)) };
}

const scoreIn: Readonly<Record<JobSettings['answers'], (line: string, record: number) => number | undefined>> = {
  csv: lastCell,
  'json-lines': (line, record) => lastOf(line, record, 'is not valid JSON'),
  // A document may also go over several lines: then it has no score.
  json: (line, record) => lastOf(line, record),
  opaque: () => undefined,
};

/** Predictions are the last column, also where they are joined with their records. */
function lastCell(line: string, record: number): number | undefined {
  const cell = line
    .slice(line.lastIndexOf(',') + 1)
    .replace(/"/g, '')
    .trim();
  const score = cell === '' ? NaN : Number(cell);
  if (NOT_FINITE.test(cell) || Math.abs(score) === Infinity) {
    throw new ObjectFault(`record ${record} of the answer is ${cell}`);
  }
  return Number.isFinite(score) ? score : undefined;
}

function lastOf(line: string, record: number, otherwise?: string): number | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Python writes numbers that JSON does not have.
    const bare = /(?<![\w"])[+-]?(NaN|Infinity)(?![\w"])/.exec(line);
    const fault = bare === null ? otherwise : `is ${bare[0]}`;
    if (fault === undefined) {
      return undefined;
    }
    throw new ObjectFault(`record ${record} of the answer ${fault}`);
  }
  const score = lastNumber(joined(value) ? value.SageMakerOutput : value);
  if (score !== undefined && !Number.isFinite(score)) {
    throw new ObjectFault(`record ${record} of the answer has a number that is too large`);
  }
  return score;
}

/** A record with its prediction in one object. */
function joined(value: unknown): value is { readonly SageMakerOutput: unknown } {
  return typeof value === 'object' && value !== null && 'SageMakerOutput' in value;
}

function lastNumber(value: unknown): number | undefined {
  if (typeof value === 'number') {
    return value;
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  return Object.values(value).reduce<number | undefined>((found, each) => lastNumber(each) ?? found, undefined);
}
