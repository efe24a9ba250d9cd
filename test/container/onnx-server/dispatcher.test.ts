import { Dispatcher } from '../../../container/onnx-server/dispatcher';
import type { Answer, Invocation } from '../../../container/onnx-server/invocation';
import type { WorkerPool } from '../../../container/onnx-server/worker-pool';
import type { Predictor } from '../../../lambda/predict/core';
import { start } from '../../../lambda/predict/start';
import { PAIR } from '../../lambda/predict/models';
import { removeAssets, writeAsset } from '../../lambda/served-model';

afterAll(removeAssets);

const predictor = start(writeAsset(PAIR), {}).predictor() as Predictor;
const QUICK = { loadMilliseconds: 1, runMilliseconds: 0.02 };
const FROM_POOL: Answer = { status: 200, body: 'from the pool' };

function dispatcher(): { dispatcher: Dispatcher; handedOver: string[] } {
  const handedOver: string[] = [];
  const pool = {
    answer: ({ requestId }: Invocation) => {
      handedOver.push(requestId);
      return Promise.resolve(FROM_POOL);
    },
  } as unknown as WorkerPool;
  return { dispatcher: new Dispatcher(pool, () => undefined), handedOver };
}

function invocation(requestId: string, padding = 0): Invocation {
  const body = Uint8Array.from(Buffer.from(`{"width":1,"height":2}${' '.repeat(padding)}`));
  return { requestId, inferenceId: requestId, contentType: undefined, accept: undefined, body };
}

test('without a model of its own everything is handed over', async () => {
  const { dispatcher: subject, handedOver } = dispatcher();
  expect(await subject.answer(invocation('a'))).toBe(FROM_POOL);
  expect(handedOver).toEqual(['a']);
});

test('a quick request that comes alone is answered on the spot', async () => {
  const { dispatcher: subject, handedOver } = dispatcher();
  subject.help(predictor, QUICK);
  expect(JSON.parse((await subject.answer(invocation('a'))).body)).toMatchObject({ predictions: [[1, 2]] });
  expect(JSON.parse((await subject.answer(invocation('b'))).body)).toMatchObject({ inferenceId: 'b' });
  expect(handedOver).toEqual([]);
});

test('several at once are handed over, all of them', async () => {
  const { dispatcher: subject, handedOver } = dispatcher();
  subject.help(predictor, QUICK);
  await Promise.all(['a', 'b', 'c'].map((id) => subject.answer(invocation(id))));
  expect(handedOver).toEqual(['a', 'b', 'c']);
});

test('one that may hold too many instances is handed over, and so is any to a slow model', async () => {
  const { dispatcher: subject, handedOver } = dispatcher();
  subject.help(predictor, QUICK);
  // 20 ms / 0.02 ms = 1000 instances of two features, of two bytes each.
  await subject.answer(invocation('fits', 4000 - 22));
  await subject.answer(invocation('large', 4000 - 21));
  expect(handedOver).toEqual(['large']);

  subject.help(predictor, { loadMilliseconds: 1, runMilliseconds: 21 });
  await subject.answer(invocation('slow'));
  expect(handedOver).toEqual(['large', 'slow']);
});

test('a request that took much longer than foreseen is the last one that is answered on the spot', async () => {
  const { dispatcher: subject, handedOver } = dispatcher();
  const surprising: Predictor = {
    ...predictor,
    predict: (batch) => {
      for (const end = Date.now() + 300; Date.now() < end;);
      return predictor.predict(batch);
    },
  };
  subject.help(surprising, QUICK);
  expect(JSON.parse((await subject.answer(invocation('a'))).body)).toMatchObject({ predictions: [[1, 2]] });
  expect(await subject.answer(invocation('b'))).toBe(FROM_POOL);
  expect(handedOver).toEqual(['b']);
});
