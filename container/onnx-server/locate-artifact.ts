import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ServedModel } from '../../lambda/predict/contract';
import { StartError } from '../../lambda/predict/errors';

/** Where the artifact lies: baked into the image beside the server, or in the folder into which SageMaker laid it. */
export function locateArtifact({ name, version, artifact }: ServedModel, root: string, modelFolder: string): string {
  if (artifact.source === 'bundle') {
    return join(root, artifact.path);
  }
  if (artifact.source === 'mounted') {
    return join(modelFolder, theOnlyFile(modelFolder));
  }
  throw new StartError(`model ${name} ${version} comes from '${artifact.source}', which a container cannot read`);
}

/** SageMaker keeps the name of the object, which the server need not know: the digest tells whether it is the right one. */
function theOnlyFile(folder: string): string {
  let files: string[];
  try {
    files = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name);
  } catch (cause) {
    throw new StartError(`cannot read the model folder ${folder}: ${String(cause)}`, { cause });
  }
  if (files.length !== 1) {
    throw new StartError(`the model folder ${folder} holds ${files.length} files instead of the artifact alone`);
  }
  return files[0];
}
