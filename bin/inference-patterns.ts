#!/usr/bin/env node
/** The command line of the package: `inference-patterns`. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Command } from 'commander';
import { OPENAPI_METADATA } from '../lib/api/openapi';
import { findMetadata, readStacks } from './assembly';
import { addCheckCommands } from './check/commands';
import { inOneLine } from './in-one-line';
import { addReplayCommands } from './replay/commands';
import { addRolloutCommands } from './rollout/commands';
import { addSimulateCommand } from './simulate/commands';

const program = new Command('inference-patterns')
  .description('Tools for apps that use cdk-inference-patterns.')
  // Exit code 1 is for findings; a command that nobody understands is input that cannot be used.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .configureOutput({ outputError: (text, write) => write(`${inOneLine(text)}\n`) });

program
  .command('openapi')
  .description('Print the OpenAPI document of each InferenceApi in a synthesized app, or write them to a directory.')
  .argument('[assembly]', 'output directory of cdk synth', 'cdk.out')
  .option('-o, --output <directory>', 'write one JSON file per API here instead of printing')
  .action((assembly: string, { output }: { output?: string }) => {
    const documents = readStacks(assembly).flatMap((stack) => findMetadata(stack, OPENAPI_METADATA));
    if (documents.length === 0) {
      program.error(`${assembly} has no InferenceApi`, { exitCode: 2 });
    }
    for (const { construct, data } of documents) {
      const text = JSON.stringify(JSON.parse(data as string), undefined, 2);
      if (output === undefined) {
        console.log(text);
      } else {
        fs.mkdirSync(output, { recursive: true });
        const file = path.join(output, `${construct.replace(/^\//, '').replace(/\//g, '-')}.openapi.json`);
        fs.writeFileSync(file, `${text}\n`);
        console.log(file);
      }
    }
  });

addCheckCommands(program);
addSimulateCommand(program);
addReplayCommands(program);
addRolloutCommands(program);

program.parseAsync().catch((error: unknown) => {
  console.error(inOneLine(error instanceof Error ? error.message : String(error)));
  process.exitCode = 2;
});
