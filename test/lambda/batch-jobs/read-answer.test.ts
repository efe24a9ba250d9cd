import fc from 'fast-check';
import type { JobSettings } from '../../../lambda/batch/contract';
import { histogramOf } from '../../../lambda/batch/score-histogram';
import { readAnswer } from '../../../lambda/batch-jobs/read-answer';

async function* each(lines: Iterable<string>): AsyncIterable<string> {
  await Promise.resolve();
  yield* lines;
}
const read = (answers: JobSettings['answers'], text: string, lines = true) =>
  readAnswer(each(text.split('\n')), { answers, lines });
const scoresOf = async (answers: JobSettings['answers'], text: string) => (await read(answers, text)).scores;

describe('CSV', () => {
  test('has a record in each line that is not blank, and its score in the last column', async () => {
    expect(await read('csv', '0.5\n\n0.25\r\n  \n-3\n')).toEqual({ records: 3, scores: histogramOf([0.5, 0.25, -3]) });
  });

  test('may have the columns of the record in front, and quotes', async () => {
    expect(await scoresOf('csv', '7,"a, b",0.5\n8,nan,"0.25"\n')).toEqual(histogramOf([0.5, 0.25]));
  });

  test('may have a last column that is no number, which is no score', async () => {
    expect(await read('csv', '1,yes\n2,\n3,"a, b"\n')).toEqual({ records: 3, scores: histogramOf([]) });
  });

  test.each(['nan', 'NaN', '-inf', 'Infinity', '"NaN"', '1e999', '-1e999'])('with %s is refused', async (cell) => {
    const value = cell.replace(/"/g, '');
    await expect(read('csv', `0.5\n7,${cell}\n`)).rejects.toThrow(`record 2 of the answer is ${value}`);
  });
});

describe('JSON Lines', () => {
  test.each([
    ['0.5', 0.5],
    ['[0.1, 0.5]', 0.5],
    ['{"predictions": [[0.1, 0.5]], "label": "yes"}', 0.5],
    ['{"score": 0.5, "why": null}', 0.5],
    ['{"id": 7, "features": [1, 2], "SageMakerOutput": {"score": 0.5}}', 0.5],
    ['{"SageMakerInput": [1, 2], "SageMakerOutput": [0.5]}', 0.5],
  ])('%s has the score %d', async (line, score) => {
    expect(await read('json-lines', `${line}\n\n`)).toEqual({ records: 1, scores: histogramOf([score]) });
  });

  test.each(['"yes"', 'null', '{}', '{"features": [1], "SageMakerOutput": "yes"}'])('%s has none', async (line) => {
    expect(await read('json-lines', line)).toEqual({ records: 1, scores: histogramOf([]) });
  });

  test.each([
    ['{"score": NaN}', 'is NaN'],
    ['[1, -Infinity]', 'is -Infinity'],
    ['{"score": "NaN"', 'is not valid JSON'],
    ['<html>', 'is not valid JSON'],
    ['[1e999]', 'has a number that is too large'],
  ])('%s is refused', async (line, fault) => {
    await expect(read('json-lines', `1\n${line}`)).rejects.toThrow(`record 2 of the answer ${fault}`);
  });
});

describe('what is not looked into', () => {
  test('has a record in each line where objects have', async () => {
    expect(await read('opaque', 'NaN\n\n<b>\n')).toEqual({ records: 2, scores: histogramOf([]) });
  });

  test('is one record where an object is one, and is not read to its end', async () => {
    const lines = each(
      (function* () {
        yield '';
        yield '\u0000PNG';
        throw new Error('read on');
      })(),
    );
    expect(await readAnswer(lines, { answers: 'opaque', lines: false })).toMatchObject({ records: 1 });
  });
});

test.each(['csv', 'json-lines', 'opaque'] as const)('an answer of %s without a record is refused', async (answers) => {
  await expect(read(answers, ' \n\n\r\n')).rejects.toThrow('the answer is empty');
});

test('all scores of a long answer are counted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 25_000 }), async (count) => {
      const scores = Array.from({ length: count }, (_, index) => index / 7);
      const answer = await readAnswer(each(scores.map(String)), { answers: 'csv', lines: true });
      expect(answer).toEqual({ records: count, scores: histogramOf(scores) });
    }),
    { numRuns: 10, examples: [[10_000], [20_000], [9_999], [10_001]] },
  );
});

describe('JSON that may go over several lines: ', () => {
  test('the last number of each line that is a document of its own', async () => {
    expect(await scoresOf('json', '[{"label":"GOOD","score":0.75}]\n[{"label":"BAD","score":0.5}]\n')).toEqual(
      histogramOf([0.75, 0.5]),
    );
  });

  test('no score in part of a document', async () => {
    expect(await read('json', '{\n  "label": "GOOD"\n}\n')).toEqual({ records: 3, scores: histogramOf([]) });
  });

  test('a number that is none is a fault all the same', async () => {
    await expect(read('json', '{"score": NaN}')).rejects.toThrow('record 1 of the answer is NaN');
  });
});
