/** One measurement in a fresh process: `measure.js ours|builtIn N COMPILED`; prints milliseconds of the first and of later runs as JSON. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, CloudFormationValidatePlugin, type IPolicyValidationPlugin, Stack } from 'aws-cdk-lib';
import type * as checks from '../../../lib/checks/inference-checks';
import { deployments } from '../synth/deployments';

const [, , variant, count, compiled] = process.argv;
const LATER = 25;
process.env.CDK_VALIDATION = 'false';

const { InferenceChecks } = require(path.join(compiled, 'lib/checks/inference-checks')) as typeof checks;
const PLUGINS: Readonly<Record<string, () => IPolicyValidationPlugin>> = {
  ours: () => new InferenceChecks(),
  builtIn: () => new CloudFormationValidatePlugin(),
};

/** Deployments of both patterns in one template. */
function synthesize(outdir: string): App {
  const app = new App({ outdir, context: { '@aws-cdk/core:stackResourceLimit': 0 } });
  const stack = new Stack(app, 'Stack');
  Object.values(deployments(compiled)).forEach((prepare, kind) => {
    const deploy = prepare();
    for (let i = 0; i < Number(count); i++) {
      deploy(stack, kind * 1000 + i);
    }
  });
  app.synth();
  return app;
}

const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'));
const app = synthesize(outdir);
const templatePath = path.join(outdir, 'Stack.template.json');
const context = {
  appConstruct: app,
  templatePaths: [templatePath],
  stackTemplates: [{ templatePath, stackConstructPath: 'Stack', accountId: undefined, region: undefined }],
};
const template = JSON.parse(fs.readFileSync(templatePath, 'utf8')) as { Resources: object };

function timed(plugin: IPolicyValidationPlugin): number {
  const started = performance.now();
  plugin.validate(context);
  return performance.now() - started;
}

const started = performance.now();
const plugin = PLUGINS[variant]();
timed(plugin);
const first = [performance.now() - started];
const later = Array.from({ length: LATER }, () => timed(plugin));
fs.rmSync(outdir, { recursive: true });
console.log(JSON.stringify({ first, later, resources: Object.keys(template.Resources).length }));
