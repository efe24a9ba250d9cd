import { createHash } from 'crypto';
import * as fs from 'fs';
import * as path from 'path';
import { Size } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { type Fault } from '../checks/bounds/fault';
import { sha256Digest } from '../checks/bounds/names';
import { refuse } from '../private/errors';

/** Options for `ModelArtifact.fromBucket`. */
export interface BucketArtifactOptions {
  /**
   * SHA-256 of the object's bytes, 64 hexadecimal digits. A function that fetches other bytes refuses to start. An ONNX
   * model needs it; a model in a container cannot have it, since SageMaker verifies no digest.
   *
   * @default - not verified
   */
  readonly sha256?: string;

  /**
   * Version of the object, for a bucket with versioning and an ONNX model: SageMaker always reads the newest.
   *
   * @default - the newest version. An object that is overwritten then no longer matches its digest, and new
   * environments of the function do not start: name a version, or never overwrite.
   */
  readonly objectVersion?: string;

  /**
   * Size of the object, used to choose memory, time-out and `/tmp` of a function.
   *
   * @default - not known; a function assumes 256 MiB
   */
  readonly size?: Size;
}

/** Options for `ModelArtifact.fromLayer`. */
export interface LayerArtifactOptions {
  /** SHA-256 of the file's bytes, 64 hexadecimal digits. A function that finds other bytes refuses to start. */
  readonly sha256: string;

  /** Size of the file, used to choose memory and time-out. */
  readonly size: Size;
}

/** The file or files that hold a trained model, wherever they lie. */
export abstract class ModelArtifact {
  /**
   * A file on the machine that synthesizes: an ONNX file, or a `.tar.gz` for a container. An ONNX file up to 150 MiB
   * travels in the function's own bundle; what is larger, and every `.tar.gz`, is published to the bootstrap bucket and
   * fetched at start.
   *
   * @param file path of the file, relative to the working directory or absolute
   */
  public static fromAsset(file: string): ModelArtifact {
    const resolved = path.resolve(file);
    const stat = fs.statSync(resolved, { throwIfNoEntry: false });
    const faults: Fault[] = [];
    if (stat === undefined) {
      faults.push({
        id: 'artifact-missing',
        message: `'${file}' does not exist`,
        fix: `give the path of a model file, relative to ${process.cwd()}`,
      });
    } else if (!stat.isFile()) {
      faults.push({
        id: 'artifact-not-a-file',
        message: `'${file}' is not a file`,
        fix: 'give one file: ONNX with the weights inside it, or for a container an archive (tar -czf model.tar.gz -C <folder> .)',
      });
    } else if (stat.size === 0) {
      faults.push({ id: 'artifact-empty', message: `'${file}' is empty`, fix: 'export the model again' });
    }
    refuse('the model artifact', faults);
    return new AssetArtifact(resolved, stat!.size);
  }

  /**
   * An object in a bucket, fetched when a function or container starts. For a container also all objects below a key
   * that ends with `/`, as they are: weights of many gigabytes start faster uncompressed.
   *
   * @param bucket the bucket; the role is granted to read this and nothing else of it
   * @param key key of the object, or with a `/` at its end the beginning of the keys of many
   * @param options digest, version and size of the object
   */
  public static fromBucket(bucket: s3.IBucket, key: string, options: BucketArtifactOptions = {}): ModelArtifact {
    refuse(`the model artifact 's3://…/${key}'`, [
      ...faultyKey(key),
      ...(options.sha256 === undefined ? [] : sha256Digest(options.sha256)),
    ]);
    return new BucketArtifact(bucket, key, options);
  }

  /**
   * A file in a Lambda layer, for a model that many functions share.
   *
   * @param layer the layer, for the function's architecture
   * @param file path of the file below `/opt`
   * @param options digest and size of the file
   */
  public static fromLayer(layer: lambda.ILayerVersion, file: string, options: LayerArtifactOptions): ModelArtifact {
    refuse(`the model artifact '/opt/${file}'`, sha256Digest(options.sha256));
    return new LayerArtifact(layer, file, options);
  }

  /** SHA-256 of the artifact's bytes, as 64 lower-case hexadecimal digits, where there is one to verify. */
  public abstract readonly sha256?: string;

  /** Size of the artifact in bytes, where it is known. */
  public abstract readonly size?: Size;

  /**
   * Where the artifact lies.
   *
   * @internal
   */
  public abstract get _location(): ArtifactLocation;
}

/** @internal */
export interface ArtifactLocation {
  readonly file?: string;
  readonly object?: { readonly bucket: s3.IBucket; readonly key: string; readonly version?: string };
  readonly layer?: { readonly layer: lambda.ILayerVersion; readonly path: string };
}

class AssetArtifact extends ModelArtifact {
  public readonly size: Size;
  private digest?: string;

  constructor(
    private readonly file: string,
    bytes: number,
  ) {
    super();
    this.size = Size.bytes(bytes);
  }

  public get sha256(): string {
    this.digest ??= sha256OfFile(this.file);
    return this.digest;
  }

  public get _location(): ArtifactLocation {
    return { file: this.file };
  }
}

class BucketArtifact extends ModelArtifact {
  public readonly sha256?: string;
  public readonly size?: Size;
  public readonly _location: ArtifactLocation;

  constructor(bucket: s3.IBucket, key: string, options: BucketArtifactOptions) {
    super();
    this.sha256 = options.sha256;
    this.size = options.size;
    this._location = { object: { bucket, key, version: options.objectVersion } };
  }
}

class LayerArtifact extends ModelArtifact {
  public readonly sha256: string;
  public readonly size: Size;
  public readonly _location: ArtifactLocation;

  constructor(layer: lambda.ILayerVersion, file: string, options: LayerArtifactOptions) {
    super();
    this.sha256 = options.sha256;
    this.size = options.size;
    this._location = { layer: { layer, path: file } };
  }
}

/** A key that starts with a slash is legal in S3, and almost always a mistake: the URI would have two. */
function faultyKey(key: string): Fault[] {
  if (key !== '' && !key.startsWith('/')) {
    return [];
  }
  return [
    {
      id: 'artifact-key',
      message: `'key' is '${key}'`,
      fix: "give the key of the object without a slash in front, or 'folder/' for all that lies below it",
    },
  ];
}

const CHUNK_BYTES = 8 * 1024 * 1024;

/** Read piece by piece: Node.js refuses to read a file of 2 GiB at once. */
function sha256OfFile(file: string): string {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const descriptor = fs.openSync(file, 'r');
  try {
    for (let read = fs.readSync(descriptor, chunk); read > 0; read = fs.readSync(descriptor, chunk)) {
      hash.update(chunk.subarray(0, read));
    }
  } finally {
    fs.closeSync(descriptor);
  }
  return hash.digest('hex');
}
