import { createHash } from 'crypto';
import * as fs from 'fs';
import * as path from 'path';
import { DockerImage, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { refuse } from './errors';

/** The only place that knows where the bundled handlers lie, and on what they run. */
const DIST = path.join(__dirname, '..', '..', 'dist');

/** The newest Node.js that AWS Lambda runs; the bundles are plain JavaScript for Node 20 and later. */
export function handlerRuntime(): lambda.Runtime {
  return lambda.Runtime.NODEJS_24_X;
}

export const HANDLER_ENTRY = 'index.handler';

/** A file that is added to a handler's bundle: text, or a copy of a file whose SHA-256 is known. */
export type AddedFile = { readonly text: string } | { readonly copyOf: string; readonly sha256: string };

/**
 * A bundled handler together with files of its own, as code of a function. Nothing is compiled and no archive is read:
 * the digests of the bundle were recorded when it was made, so the asset's hash is known without reading it again.
 */
export function handlerCode(handler: string, files: { readonly [name: string]: AddedFile }): lambda.AssetCode {
  const source = path.join(DIST, 'handlers', handler);
  const hash = createHash('sha256').update(digests().handlers[handler]);
  for (const [name, file] of Object.entries(files)) {
    hash.update(`\0${name}\0`).update('text' in file ? file.text : file.sha256);
  }
  return lambda.Code.fromAsset(source, {
    assetHash: hash.digest('hex'),
    bundling: {
      image: DockerImage.fromRegistry('local bundling only, no container is started'),
      local: {
        tryBundle(outputDir: string): boolean {
          fs.cpSync(source, outputDir, { recursive: true });
          for (const [name, file] of Object.entries(files)) {
            const target = path.join(outputDir, name);
            if ('text' in file) {
              fs.writeFileSync(target, file.text);
            } else {
              fs.copyFileSync(file.copyOf, target);
            }
          }
          return true;
        },
      },
    },
  });
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
