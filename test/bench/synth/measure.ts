/** One measurement in a fresh process: `measure.ts import|ours|plain|handWritten|prepare N COMPILED REFERENCE PATTERN`; prints milliseconds as JSON. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { CfnResource } from 'aws-cdk-lib';
import { type Deployment, deployments } from './deployments';
import type { PlainResource } from './plain-resources';

const [, , variant, count, compiled, reference, pattern] = process.argv;
const N = Number(count);
process.env.CDK_VALIDATION = 'false';

/** The deployment N times in one app, ten to a stack. */
function ours(outdir: string): number {
  const { App, Stack } = require('aws-cdk-lib') as typeof import('aws-cdk-lib');
  const deploy = deployments(compiled)[pattern as Deployment]();
  const started = performance.now();
  const app = new App({ outdir, context: flags() });
  for (let stackIndex = 0; stackIndex * 10 < N; stackIndex++) {
    const stack = new Stack(app, `Stack${stackIndex}`);
    for (let i = stackIndex * 10; i < Math.min(N, (stackIndex + 1) * 10); i++) {
      deploy(stack, i);
    }
  }
  app.synth();
  return performance.now() - started;
}

/** About the same with aws-cdk-lib's own constructs, without the library. */
function handWritten(outdir: string): number {
  const { App, Stack } = require('aws-cdk-lib') as typeof import('aws-cdk-lib');
  const { HandWritten } = require('./hand-written') as typeof import('./hand-written');
  const started = performance.now();
  const app = new App({ outdir, context: flags() });
  for (let stackIndex = 0; stackIndex * 10 < N; stackIndex++) {
    const stack = new Stack(app, `Stack${stackIndex}`);
    for (let i = stackIndex * 10; i < Math.min(N, (stackIndex + 1) * 10); i++) {
      new HandWritten(stack, `Model${i}`, path.join(compiled, 'dist'));
    }
  }
  app.synth();
  return performance.now() - started;
}

/** Writes what `plain` is made from: the resources as data, and the assets. */
function prepare(reference: string): number {
  const milliseconds = ours(reference);
  const { plainResources } = require('./plain-resources') as typeof import('./plain-resources');
  const stacks = fs
    .readdirSync(reference)
    .filter((file) => file.endsWith('.template.json'))
    .map((file) => plainResources(path.join(reference, file)));
  fs.writeFileSync(path.join(reference, 'plain.json'), JSON.stringify(stacks));
  return milliseconds;
}

/** The same resources and assets with the generated classes. */
function plain(outdir: string): number {
  const { App, Stack } = require('aws-cdk-lib') as typeof import('aws-cdk-lib');
  const { load, withReferences } = require('./plain-resources') as typeof import('./plain-resources');
  const stacks = JSON.parse(fs.readFileSync(path.join(reference, 'plain.json'), 'utf8')) as PlainResource[][];
  const assets = fs.readdirSync(reference).filter((file) => file.startsWith('asset.'));
  const started = performance.now();
  const app = new App({ outdir, context: flags() });
  stacks.forEach((resources, stackIndex) => {
    const stack = new Stack(app, `Stack${stackIndex}`);
    const { Asset } = require('aws-cdk-lib/aws-s3-assets') as typeof import('aws-cdk-lib/aws-s3-assets');
    assets.forEach((asset) => new Asset(stack, asset, { path: path.join(reference, asset), assetHash: asset }));
    const made = new Map<string, CfnResource>();
    for (const { module, className, id, props } of resources) {
      made.set(id, new (load(module, className))(stack, id, withReferences(props, made)));
    }
    for (const { id, dependsOn } of resources) {
      dependsOn.forEach((other) => made.get(id)!.addResourceDependency(made.get(other)!));
    }
  });
  app.synth();
  return performance.now() - started;
}

/** What importing the library costs an app that has made its first stack with aws-cdk-lib. */
function importing(): number {
  const { App, Stack } = require('aws-cdk-lib') as typeof import('aws-cdk-lib');
  new Stack(new App(), 'Stack');
  const started = performance.now();
  require(path.join(compiled, 'lib'));
  return performance.now() - started;
}

function flags(): Record<string, unknown> {
  return require('aws-cdk-lib/recommended-feature-flags.json') as Record<string, unknown>;
}

const outdir = variant === 'prepare' ? reference : fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'));
const milliseconds = { import: importing, ours, plain, prepare, handWritten }[variant as 'ours'](outdir);
const resources = fs
  .readdirSync(outdir)
  .filter((file) => file.endsWith('.template.json'))
  .map(
    (file) =>
      Object.keys((JSON.parse(fs.readFileSync(path.join(outdir, file), 'utf8')) as { Resources: object }).Resources)
        .length,
  )
  .reduce((sum, each) => sum + each, 0);
if (variant !== 'prepare') {
  fs.rmSync(outdir, { recursive: true });
}
console.log(JSON.stringify({ milliseconds, resources }));
