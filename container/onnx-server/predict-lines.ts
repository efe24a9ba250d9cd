import { parseJson } from '../../lambda/predict/decode-json';
import { decodeRequest } from '../../lambda/predict/decode-request';
import type { Predictor } from '../../lambda/predict/core';
import { isRequestError, RequestError } from '../../lambda/predict/errors';
import { featureCount } from '../../lambda/predict/features';
import { elementPath } from '../../lambda/predict/field-path';

/** JSON Lines: a document per line. */
export const LINES = 'application/jsonlines';

/** Records that the model sees at a time. A batch transform may send tens of thousands in one request. */
const RECORDS_AT_A_TIME = 256;
/** Values of those records together: little enough for the memory where a record is a picture. */
const VALUES_AT_A_TIME = 128 * 1024;
/** The reader of CSV adds to it, and wants whole numbers. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER - 2;

/** Whether something is JSON Lines: parameters of a media type are read past. */
export function isLines(mediaType: string | undefined): boolean {
  return mediaType?.split(';', 1)[0].trim().toLowerCase() === LINES;
}

/**
 * A line with the prediction for each record of a request, in their order: what batch transform can put together from requests of
 * many records. Without an end after the last, which it writes itself. As many records as the body has room for.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
 */
export function predictLines(predictor: Predictor, contentType: string | undefined, body: Buffer): string {
  const { model } = predictor;
  const instances = isLines(contentType)
    ? readLines(body)
    : decodeRequest({ contentType, body, isBase64: false }, { ...model, maxInstances: NO_LIMIT }).instances;
  const size = Math.max(
    1,
    Math.min(RECORDS_AT_A_TIME, model.maxInstances, Math.floor(VALUES_AT_A_TIME / featureCount(model.input))),
  );
  const lines: string[] = [];
  for (let start = 0; start < instances.length; start += size) {
    const chunk = instances.slice(start, start + size);
    const { predictions } = namingRecords(start, () => predictor.predict({ instances: chunk, bare: false }));
    lines.push(...predictions.map((prediction) => JSON.stringify(prediction)));
  }
  return lines.join('\n');
}

function readLines(body: Buffer): unknown[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new RequestError('MALFORMED_BODY', 'the body is not valid UTF-8');
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) {
    throw new RequestError('MALFORMED_BODY', 'the body has no lines');
  }
  return lines.map((line, index) => {
    try {
      return parseJson(line);
    } catch {
      throw new RequestError('MALFORMED_BODY', `line ${index + 1} is not valid JSON`);
    }
  });
}

/** A fault names an instance by its place among those that the model saw together: here, by that in the request. */
function namingRecords<Result>(before: number, predict: () => Result): Result {
  try {
    return predict();
  } catch (error) {
    const found = isRequestError(error) ? /^instances\[(\d+)\]/.exec(error.field ?? '') : null;
    if (found === null || before === 0) {
      throw error;
    }
    const [here, there] = [found[0], elementPath('instances', before + Number(found[1]))];
    const { code, message, field } = error as RequestError;
    throw new RequestError(code, message.replace(here, there), field!.replace(here, there));
  }
}
