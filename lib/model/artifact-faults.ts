import type { Fault } from '../checks/bounds/fault';
import type { ModelArtifact } from './model-artifact';

/** ONNX Runtime loads one file, and the handler loads none whose digest it cannot verify. */
export function faultyOnnxArtifact(artifact: ModelArtifact): Fault[] {
  const { object } = artifact._location;
  if (object?.key.endsWith('/') === true) {
    return [
      {
        id: 'artifact-onnx-prefix',
        message: `'artifact' is all that lies below '${object.key}', and an ONNX model is one file`,
        fix: 'give the key of the file; save weights inside the model, not beside it',
      },
    ];
  }
  if (artifact.sha256 === undefined) {
    return [
      {
        id: 'artifact-onnx-digest',
        message: "'artifact' has no 'sha256', and a function loads no model that it cannot verify",
        fix: "add 'sha256' (`sha256sum` prints it)",
      },
    ];
  }
  return [];
}

/** SageMaker reads objects of S3: the newest version of each, whatever its bytes are. */
export function faultyContainerArtifact(artifact: ModelArtifact | undefined): Fault[] {
  const { file, object, layer } = artifact?._location ?? {};
  const faults: Fault[] = [];
  if (layer !== undefined) {
    faults.push({
      id: 'artifact-container-layer',
      message: "'artifact' lies in a Lambda layer, where no container reaches it",
      fix: 'use ModelArtifact.fromBucket or .fromAsset',
    });
  }
  if (file !== undefined && !file.endsWith('.tar.gz')) {
    faults.push({
      id: 'artifact-container-archive',
      message: `'artifact' is the file '${file}', and SageMaker unpacks only .tar.gz into the folder of the model`,
      fix: 'pack it: tar -czf model.tar.gz -C <folder> .',
    });
  }
  if (object?.version !== undefined) {
    faults.push({
      id: 'artifact-container-version',
      message: `'artifact' names the version '${object.version}' of '${object.key}', and SageMaker reads the newest`,
      fix: "leave 'objectVersion' out, and give each version of the model a key of its own",
    });
  }
  if (object !== undefined && artifact!.sha256 !== undefined) {
    faults.push({
      id: 'artifact-container-digest',
      message: `'artifact' has a 'sha256' for '${object.key}', and SageMaker verifies none`,
      fix: "leave 'sha256' out, and never overwrite a key that is deployed",
    });
  }
  return faults;
}
