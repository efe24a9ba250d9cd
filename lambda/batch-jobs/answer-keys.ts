import type { InputObject } from '../batch/contract';
import type { RunStore } from '../batch/run-store';

const END = '.out';

/** The keys of the answers that a job has written to its folder, by the key of the object: of all objects that it was given. */
export async function listAnswers(
  runs: Pick<RunStore, 'listKeys'>,
  folder: string,
  objects: readonly InputObject[],
): Promise<ReadonlyMap<string, string>> {
  const names: string[] = [];
  for await (const key of runs.listKeys(folder)) {
    if (key.endsWith(END)) {
      names.push(key.slice(folder.length, -END.length));
    }
  }
  const keys = new Set(objects.map(({ key }) => key));
  const front = frontOf(names, keys);
  return new Map(
    names
      .filter((name) => keys.has(`${front}${name}`))
      .map((name) => [`${front}${name}`, `${folder}${name}${END}`] as const),
  );
}

/**
 * What the names of answers leave out of the keys of their objects. SageMaker names an answer as its object relative to the prefix of the
 * manifest, which is the whole bucket here: nothing. AWS says it by an example that contradicts itself, so should folders be left out in
 * front of all, the only ones that fit all count.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformOutput.html
 */
function frontOf([first, ...others]: readonly string[], keys: ReadonlySet<string>): string {
  if (first === undefined || keys.has(first)) {
    return '';
  }
  const fronts = [...keys]
    .filter((key) => key.endsWith(`/${first}`))
    .map((key) => key.slice(0, -first.length))
    .filter((front) => others.every((name) => keys.has(`${front}${name}`)));
  return fronts.length === 1 ? fronts[0] : '';
}
