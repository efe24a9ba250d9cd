/** Consumes batches of 6,000 records in a fresh process, from the JSON of their event. Prints the peak of its memory in megabytes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KinesisStreamEvent } from 'aws-lambda';
import type { Predictor } from '../../../lambda/predict/core';
import { start } from '../../../lambda/predict/start';
import { stubbedSink } from './stubbed-sink';
import { batched } from './subjects';

const BATCHES = 40;
const [, , folder] = process.argv;

async function main(): Promise<void> {
  const subject = batched(start(folder, {}).predictor() as Predictor, [stubbedSink().sink]);
  const text = readFileSync(join(folder, 'event.json'), 'utf8');
  for (let batch = 0; batch < BATCHES; batch++) {
    await subject(JSON.parse(text) as KinesisStreamEvent);
  }
  console.log(process.resourceUsage().maxRSS / 1024);
}

void main();
