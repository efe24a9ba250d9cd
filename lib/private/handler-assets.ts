import { createHash } from 'crypto';
import * as fs from 'fs';
import * as path from 'path';
import { type BundlingOptions, DockerImage, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { refuse } from './errors';

/** The only place that knows where the bundled handlers and containers lie, and on what they run. */
const DIST = path.join(__dirname, '..', '..', 'dist');

/** The newest Node.js that AWS Lambda runs; the bundles are plain JavaScript for Node 20 and later. */
export function handlerRuntime(): lambda.Runtime {
  return lambda.Runtime.NODEJS_24_X;
}

export const HANDLER_ENTRY = 'index.handler';

/** A file that is added to a handler's bundle: text, or a copy of a file whose SHA-256 is known. */
export type AddedFile = { readonly text: string } | { readonly copyOf: string; readonly sha256: string };

/** A bundled handler together with files of its own, as code of a function. */
export function handlerCode(handler: string, files: { readonly [name: string]: AddedFile }): lambda.AssetCode {
  const { sourcePath, ...staging } = bundleWith('handlers', handler, files);
  return lambda.Code.fromAsset(sourcePath, staging);
}

/** How a bundle is staged, together with files of its own. */
export interface StagedBundle {
  readonly sourcePath: string;
  readonly assetHash: string;
  readonly bundling: BundlingOptions;
}

/**
 * A bundle together with files of its own. Nothing is compiled and no archive is read: the digests of the bundle were recorded
 * when it was made, so the asset's hash is known without reading it again.
 *
 * @param salt whatever else tells the asset from others of the same content
 */
export function bundleWith(
  kind: 'handlers' | 'containers',
  name: string,
  files: { readonly [name: string]: AddedFile },
  salt: string = '',
): StagedBundle {
  const sourcePath = path.join(DIST, kind, name);
  const hash = createHash('sha256').update(digests()[kind][name]).update(salt);
  for (const [file, content] of Object.entries(files)) {
    hash.update(`\0${file}\0`).update('text' in content ? content.text : content.sha256);
  }
  return {
    sourcePath,
    assetHash: hash.digest('hex'),
    bundling: {
      image: DockerImage.fromRegistry('local bundling only, no container is started'),
      local: {
        tryBundle(outputDir: string): boolean {
          fs.cpSync(sourcePath, outputDir, { recursive: true });
          for (const [file, content] of Object.entries(files)) {
            const target = path.join(outputDir, file);
            if ('text' in content) {
              fs.writeFileSync(target, content.text);
            } else {
              fs.copyFileSync(content.copyOf, target);
            }
          }
          return true;
        },
      },
    },
  };
}

/** The layer with ONNX Runtime's native library for one architecture; one per stack, shared by its functions. */
export function onnxRuntimeLayer(scope: Construct, architecture: lambda.Architecture): lambda.LayerVersion {
  const name = architecture.name === lambda.Architecture.ARM_64.name ? 'arm64' : 'x64';
  const id = `OnnxRuntime-${name}`;
  const stack = Stack.of(scope);
  const existing = stack.node.tryFindChild(id);
  if (existing !== undefined) {
    return existing as lambda.LayerVersion;
  }
  return new lambda.LayerVersion(stack, id, {
    code: lambda.Code.fromAsset(path.join(DIST, 'layers', `onnxruntime-${name}.zip`), {
      assetHash: digests().layers[name],
    }),
    compatibleArchitectures: [architecture],
    description: `ONNX Runtime for Node.js on Linux ${name}`,
    license: 'MIT',
  });
}

interface Digests {
  readonly handlers: { readonly [name: string]: string };
  readonly containers: { readonly [name: string]: string };
  readonly layers: { readonly [architecture: string]: string };
}

function digests(): Digests {
  const file = path.join(DIST, 'digests.json');
  if (!fs.existsSync(file)) {
    refuse('cdk-inference-patterns', [
      {
        id: 'handlers-not-bundled',
        message: `the bundled handlers are missing (no ${file})`,
        fix: "run 'npm run bundle' in a checkout, or reinstall the package",
      },
    ]);
  }
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Digests;
}
