import type { Accelerator, Hardware } from '../bounds/hardware';
import { type CatalogueImage, SERVING_IMAGES } from '../catalogue/serving-image-catalogue';
import type { Resolved } from '../template/resolved-value';
import { GAP, partlyKnown } from './partly-known';

/** What the name of an image says of it; absent is what it does not say. */
export interface ImageFacts {
  /** Repository and tag, for messages. */
  readonly name: string;
  readonly accelerator?: Accelerator;
  readonly architecture?: Hardware['architecture'];
  /** Version of CUDA, such as `13.0`. */
  readonly cuda?: string;
}

const CATALOGUE: readonly CatalogueImage[] = Object.values(SERVING_IMAGES).flat();

/** A word of a name whose words are joined by hyphens. */
const has = (name: string, word: string): boolean => new RegExp(`(^|[-/])(${word})(-|$)`).test(name);

/** What is known of an image by its repository and tag, as AWS and many others name them. */
export function imageFacts(image: Resolved): ImageFacts | undefined {
  const [, repository, tag] = /^[^/]+\/([^:@]+):([^:@]+)$/.exec(partlyKnown(image) ?? '') ?? [];
  if (repository === undefined || repository.includes(GAP) || tag.includes(GAP)) {
    return undefined;
  }
  const listed = CATALOGUE.find((each) => each.repository === repository && each.tag === tag);
  const [, major, minor] = /(?:^|-)cu(\d{2})(\d)(?:-|$)/.exec(tag) ?? [];
  return {
    name: `${repository}:${tag}`,
    accelerator: listed?.accelerator ?? acceleratorOf(repository, tag),
    architecture: architectureOf(repository, tag),
    cuda: listed?.cuda ?? (major === undefined ? undefined : `${major}.${minor}`),
  };
}

function acceleratorOf(repository: string, tag: string): Accelerator | undefined {
  if (has(repository, 'neuronx?') || has(tag, 'neuronx?')) {
    return 'NEURON';
  }
  if (has(tag, 'gpu|cu\\d{3}')) {
    return 'GPU';
  }
  return has(tag, 'cpu') ? 'NONE' : undefined;
}

function architectureOf(repository: string, tag: string): Hardware['architecture'] | undefined {
  if (has(repository, 'arm64|graviton') || has(tag, 'arm64|aarch64')) {
    return 'arm64';
  }
  // AWS gives images for its own processors repositories of their own.
  return has(tag, 'amd64|x86_64') || CATALOGUE.some((each) => each.repository === repository) ? 'x86_64' : undefined;
}
