const END = '.out';

/**
 * The keys of the answers to objects, by the key of the object. SageMaker names an answer as its object relative to the prefix of the
 * manifest, which is the whole bucket here. Should it leave folders out in front, the end that only one object and one answer have in common counts.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformOutput.html
 */
export function answerKeys(
  folder: string,
  written: readonly string[],
  objects: readonly string[],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const answers = new Map(
    written
      .filter((key) => key.startsWith(folder) && key.endsWith(END))
      .map((key) => [key.slice(folder.length, -END.length), key]),
  );
  for (const object of objects) {
    const answer = answers.get(object);
    if (answer !== undefined) {
      found.set(object, answer);
      answers.delete(object);
    }
  }
  const without = objects.filter((object) => !found.has(object));
  for (const [name, key] of answers) {
    const candidates = without.filter((object) => object.endsWith(`/${name}`));
    if (candidates.length === 1) {
      found.set(candidates[0], key);
    }
  }
  return found;
}
