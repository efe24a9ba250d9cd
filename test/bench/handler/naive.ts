/** The handler that a first attempt arrives at: the schema is compiled at start, the runtime is left to node_modules. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const root = process.env.LAMBDA_TASK_ROOT as string;
const validate = new Ajv().compile(JSON.parse(readFileSync(join(root, 'schema.json'), 'utf8')) as object);
const session = InferenceSession.create(join(root, 'model.onnx'), { intraOpNumThreads: 1, interOpNumThreads: 1 });

export async function handler(event: { readonly body: string }): Promise<{ statusCode: number; body: string }> {
  const { instances } = JSON.parse(event.body) as { instances: number[][] };
  if (!instances.every((instance) => validate(instance))) {
    return { statusCode: 400, body: '{}' };
  }
  const features = new Tensor('float32', Float32Array.from(instances.flat()), [instances.length, instances[0].length]);
  const { score } = await (await session).run({ features });
  return { statusCode: 200, body: JSON.stringify({ predictions: Array.from(score.data as Float32Array) }) };
}
