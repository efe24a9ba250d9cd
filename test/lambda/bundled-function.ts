import { cpSync, mkdirSync, writeFileSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';

const DIST = join(__dirname, '..', '..', 'dist');

/** Lays the layer with the native library where `opt` is, and gives the folder in which Lambda's Node.js would look for packages. */
export function unpackLayer(opt: string): string {
  const layer = unzipSync(readFileSync(join(DIST, 'layers', `onnxruntime-${process.arch}.zip`)));
  for (const [name, content] of Object.entries(layer)) {
    mkdirSync(dirname(join(opt, name)), { recursive: true });
    writeFileSync(join(opt, name), content);
  }
  return join(opt, 'nodejs', 'node_modules');
}

/** Lays the bundle of a handler beside the files of its model, as Lambda would unpack them. */
export function unpackHandler(name: string, task: string): string {
  cpSync(join(DIST, 'handlers', name), task, { recursive: true });
  return task;
}
