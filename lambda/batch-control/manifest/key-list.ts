import type { Place } from '../../batch/contract';
import { splitLines } from '../../batch/split-lines';
import { jsonElements } from './json-elements';
import { manifestFault } from './manifest-fault';

/** A longer line is no key. */
const LONGEST = 64 * 1024;

/**
 * The keys of a manifest as Amazon SageMaker has them, `[{"prefix": "s3://bucket/some/"}, "path", ...]`: a path is appended to the prefix
 * as it is.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformS3DataSource.html
 */
export async function* arrayKeys(text: AsyncIterable<string>, input: Place): AsyncGenerator<string, void, undefined> {
  let prefix: string | undefined;
  let count = 0;
  for await (const element of jsonElements(text)) {
    count++;
    if (prefix === undefined) {
      prefix = prefixOf(element, input);
    } else if (typeof element !== 'string') {
      throw manifestFault(`element ${count} of the array is ${shown(element)}, and must be a text`);
    } else {
      yield inside(`${prefix}${element}`, input, `element ${count} of the array`);
    }
  }
}

function prefixOf(element: unknown, { bucket }: Place): string {
  const uri = (element as { readonly prefix?: unknown } | null)?.prefix;
  const start = `s3://${bucket}/`;
  if (typeof uri !== 'string' || !uri.startsWith(start)) {
    throw manifestFault(`the first element of the array is ${shown(element)}, and must be {"prefix": "${start}..."}`);
  }
  return uri.slice(start.length);
}

/** The keys of JSON Lines: a text on each line that has something on it. */
export async function* lineKeys(text: AsyncIterable<string>, input: Place): AsyncGenerator<string, void, undefined> {
  let count = 0;
  const refuseLong = (begun: string): void => {
    if (begun.length > LONGEST) {
      throw manifestFault(`line ${count + 1} has more than ${LONGEST} characters`);
    }
  };
  for await (const line of splitLines(text, refuseLong)) {
    count++;
    if (line.trim() !== '') {
      yield inside(lineKey(line, count), input, `line ${count}`);
    }
  }
}

function lineKey(line: string, count: number): string {
  let key: unknown;
  try {
    key = JSON.parse(line);
  } catch {
    // Below.
  }
  if (typeof key !== 'string') {
    throw manifestFault(`line ${count} is ${shown(line)}, and must be a key as a JSON text, such as "rows/1.csv"`);
  }
  return key;
}

function inside(key: string, { bucket, prefix }: Place, where: string): string {
  if (key === '' || !key.startsWith(prefix)) {
    throw manifestFault(`${where} is the key ${shown(key)}, which does not lie below s3://${bucket}/${prefix}`);
  }
  return key;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
