/** `npm start`: the sample app synthesized for AWS, then deployed, used, rolled out and rolled back on this machine. */
import './start/quiet-sdk';
import * as path from 'node:path';
import { Command, Option } from 'commander';
import { bundle } from './bundle';
import { showBatch } from './start/show-batch';
import { showEndpoint } from './start/show-endpoint';
import { showServerless } from './start/show-serverless';
import { showStaged } from './start/show-staged';
import { showStreaming } from './start/show-streaming';
import { assemblyReport } from './start/assembly-report';
import { Progress } from './start/progress';
import { startLocalCloud } from './start/start-local-cloud';
import { synthesize } from './start/synthesize';

const ROOT = path.join(__dirname, '..');
const ASSEMBLY = path.join(ROOT, 'cdk.out');

/** The patterns that can be shown, in the order in which they are. */
const PATTERNS = {
  serverless: showServerless,
  staged: showStaged,
  endpoint: showEndpoint,
  batch: showBatch,
  streaming: showStreaming,
} as const;
const NAMES = Object.keys(PATTERNS) as (keyof typeof PATTERNS)[];

/** Whether the stack of a place is left for the next one, which moves it to another way of shipping. */
function isShared(patterns: readonly (typeof NAMES)[number][], place: number): boolean {
  return patterns[place] === 'serverless' && patterns[place + 1] === 'staged';
}

async function main(): Promise<void> {
  const command = new Command('npm start --')
    .description('Shows the sample app: synthesized for AWS, then deployed and used on this machine.')
    .argument('[patterns...]', `what to show: ${NAMES.join(', ')}`, NAMES)
    .addOption(new Option('--no-local', 'stop after synthesis'))
    .parse();
  const patterns = command.args.length === 0 ? NAMES : (command.args as typeof NAMES);
  const unknown = patterns.filter((pattern) => !NAMES.includes(pattern));
  if (unknown.length > 0) {
    command.error(`there is no pattern '${unknown.join("', '")}': choose of ${NAMES.join(', ')}`);
  }

  const progress = new Progress();
  await progress.during('Bundling the handlers', () => bundle(path.join(ROOT, 'dist')));
  await progress.during('Synthesizing the sample app for AWS', () => synthesize(ASSEMBLY));
  console.log(`\n${assemblyReport(ASSEMBLY)}\n`);
  if (!command.opts().local) {
    return;
  }

  const cloud = await startLocalCloud(progress);
  if (cloud === undefined) {
    console.log(
      'Skipped without Python: deploying, calling, updating and rolling back on this machine. The templates in cdk.out are complete.',
    );
    return;
  }
  try {
    for (const [place, pattern] of patterns.entries()) {
      await PATTERNS[pattern](cloud, progress, isShared(patterns, pattern === 'staged' ? place - 1 : place));
    }
    await progress.showSimulated(cloud);
  } finally {
    await progress.during('Stopping the local cloud', () => cloud.stop());
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
