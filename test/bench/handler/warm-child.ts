/**
 * Times the warm handler and each of its parts, in one process and in turns, so that all meet the same noise:
 * `node warm-child.js <events.json> <result.json>`, with the metrics lines going to standard output.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Predictor } from '../../../lambda/predict/core';
import { decodeRequest } from '../../../lambda/predict/decode-request';
import { createHandler } from '../../../lambda/predict/handler';
import { createMetrics } from '../../../lambda/predict/metrics';
import { readPredictions } from '../../../lambda/predict/predictions';
import { start } from '../../../lambda/predict/start';
import { planTensors } from '../../../lambda/predict/tensors';
import { validateBatch } from '../../../lambda/predict/validate';
import { createValidator, type ValidatorFactory } from '../../../lambda/predict/validator-modules';
import { publishMetrics } from './metrics-line';
import type { BenchEvent } from './scenario';

const [, , eventsFile, resultFile] = process.argv;
const root = process.env.LAMBDA_TASK_ROOT as string;
const { model, predictor: ready } = start(root, process.env);
const predictor = ready() as Predictor;
const validator = createValidator(require(`${root}/validate.js`) as ValidatorFactory);
const plan = planTensors(model.input, predictor.session.inputs);

/** Runs once; a subject that consists of parts gives the times at which they ended. */
type Subject = () => unknown;

const PIPELINE = 'pipeline';
const PARTS = ['parse', 'validate', 'tensor', 'run', 'serialise'];

async function main(): Promise<void> {
  const events = JSON.parse(readFileSync(eventsFile, 'utf8')) as Record<string, BenchEvent>;
  const result: Record<string, Record<string, number[]>> = {};
  for (const [name, bench] of Object.entries(events)) {
    result[name] = await time(subjects(bench), bench.iterations);
  }
  writeFileSync(resultFile, JSON.stringify(result));
}

function subjects({ batch, event }: BenchEvent): Record<string, Subject> {
  const body = { contentType: 'application/json', body: event.body, isBase64: false };
  const report = createMetrics(process.env, model.version);
  const scores = Array.from({ length: batch }, () => 0.5);
  const context = { awsRequestId: 'bench' };
  const core = createHandler({ predictor: ready, report: () => undefined, logFault: () => undefined });
  const whole = createHandler({ predictor: ready, report, logFault: () => undefined });
  return {
    [PIPELINE]: () => {
      const decoded = decodeRequest(body, model);
      const parsed = performance.now();
      validateBatch(decoded, validator);
      const validated = performance.now();
      const feeds = plan.build(decoded);
      const built = performance.now();
      const results = predictor.session.run(feeds);
      const ran = performance.now();
      const predictions = readPredictions(predictor.session.outputs, results, batch);
      JSON.stringify({ predictions, model: { name: model.name, version: model.version }, inferenceId: 'bench' });
      return [parsed, validated, built, ran, performance.now()];
    },
    core: () => core(event, context),
    metrics: () => publishMetrics(batch, scores),
    handler: () => whole(event, context),
  };
}

/**
 * Microseconds of each run of each subject, after a third as many runs that are not counted. The order changes with every
 * round: what runs after a system call or a collection of garbage is slower, and no subject may always be the one.
 */
async function time(named: Record<string, Subject>, iterations: number): Promise<Record<string, number[]>> {
  const samples: Record<string, number[]> = {};
  const record = (name: string, from: number, to: number): void => {
    (samples[name] ??= []).push((to - from) * 1000);
  };
  const entries = Object.entries(named);
  const warmUp = Math.floor(iterations / 3);
  const random = randomNumbers();
  for (let iteration = 0; iteration < iterations + warmUp; iteration++) {
    for (let index = entries.length - 1; index > 0; index--) {
      const other = Math.floor(random() * (index + 1));
      [entries[index], entries[other]] = [entries[other], entries[index]];
    }
    for (const [name, subject] of entries) {
      const started = performance.now();
      const outcome = subject();
      const result = outcome instanceof Promise ? ((await outcome) as unknown) : outcome;
      const ended = performance.now();
      if (iteration < warmUp) {
        continue;
      }
      if (name === PIPELINE) {
        const marks = [started, ...(result as number[])];
        PARTS.forEach((part, index) => record(part, marks[index], marks[index + 1]));
      } else {
        record(name, started, ended);
      }
    }
  }
  return samples;
}

/** The same sequence in every run. */
function randomNumbers(): () => number {
  let state = 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

void main();
