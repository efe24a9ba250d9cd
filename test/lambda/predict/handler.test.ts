import type { PredictionAnswer } from '../../../lambda/predict/contract';
import type { HttpAnswer } from '../../../lambda/predict/http-event';
import { removeAssets } from '../served-model';
import { ENVELOPE_FIELD, LOGARITHM, LOOKUP, MATRIX, MIXED, MIXED_INSTANCE, PAIR, REDUCED, VECTOR } from './models';
import { CONTEXT, functionUrlEvent, parse, recordedHandler, restEvent, type RecordedHandler } from './recorded-handler';

afterAll(removeAssets);

const GOOD = JSON.stringify({ instances: [{ width: 1, height: 2 }] });

describe('the prediction handler over HTTP', () => {
  const pair = recordedHandler(PAIR);

  beforeEach(() => {
    pair.reports.length = 0;
    pair.faults.length = 0;
  });

  test('answers every instance in order, with the model and the request id', async () => {
    const { status, headers, body } = await pair.post('{"instances":[{"width":1,"height":2},{"height":4,"width":3}]}');
    expect(status).toBe(200);
    expect(body).toEqual({
      predictions: [
        [1, 2],
        [3, 4],
      ],
      model: { name: 'test-model', version: '1.2.3' },
      inferenceId: 'url-request',
    });
    expect(headers).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });

  test('takes one bare instance', async () => {
    expect((await pair.post('{"width":1,"height":2}')).body.predictions).toEqual([[1, 2]]);
  });

  test('answers a REST API in the same way, whatever the case of its headers', async () => {
    const event = restEvent({
      body: GOOD,
      headers: { 'Content-Type': 'application/JSON', 'X-Inference-Id': 'my-id_1.a' },
    });
    const { status, body } = parse((await pair.handler(event, CONTEXT)) as HttpAnswer);
    expect(status).toBe(200);
    expect(body.inferenceId).toBe('my-id_1.a');
  });

  test.each(['', 'a b', 'x'.repeat(65), 'ünïcode', 'a"b'])(
    'ignores the inference id %j, which is not well-formed',
    async (id) => {
      expect((await pair.post(GOOD, { 'x-inference-id': id })).body.inferenceId).toBe('url-request');
    },
  );

  test('falls back to the id of the invocation where the front door gives none', async () => {
    const event = restEvent({ body: GOOD, requestContext: {} });
    expect(parse((await pair.handler(event, CONTEXT)) as HttpAnswer).body.inferenceId).toBe('aws-request');
  });

  test.each(['/health', '/prod/v1/health'])('says at GET %s which model it serves', async (rawPath) => {
    const { status, body } = parse((await pair.handler(functionUrlEvent({ rawPath }, 'GET'), CONTEXT)) as HttpAnswer);
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'ok',
      model: { name: 'test-model', version: '1.2.3', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown },
    });
    expect(pair.reports).toEqual([]);
  });

  test.each([
    ['POST', '/health', 'GET, HEAD'],
    ['GET', '/predict', 'POST'],
    ['DELETE', '/', 'POST'],
  ])('refuses %s %s with 405 and says what is allowed', async (method, rawPath, allow) => {
    const answer = parse((await pair.handler(functionUrlEvent({ rawPath }, method), CONTEXT)) as HttpAnswer);
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(answer.body.error).toMatchObject({ code: 'METHOD_NOT_ALLOWED', requestId: 'url-request' });
    expect(pair.reports).toEqual([]);
  });

  test('answers 404 for a path that neither it nor the gateway knows', async () => {
    const unknown = await pair.handler(functionUrlEvent({ rawPath: '/admin', body: GOOD }), CONTEXT);
    expect(parse(unknown as HttpAnswer).body.error.code).toBe('NOT_FOUND');
    const greedy = await pair.handler(restEvent({ resource: '/{proxy+}', path: '/admin', body: GOOD }), CONTEXT);
    expect((greedy as HttpAnswer).statusCode).toBe(404);
  });

  test('takes the stage of an HTTP API for what it is', async () => {
    const requestContext = { stage: 'live', requestId: 'r', http: { method: 'POST' } };
    const event = functionUrlEvent({ rawPath: '/live', requestContext, body: GOOD });
    expect(((await pair.handler(event, CONTEXT)) as HttpAnswer).statusCode).toBe(200);
  });

  test('takes any path that the gateway has a route for', async () => {
    const event = functionUrlEvent({ routeKey: 'POST /v1/score', rawPath: '/v1/score', body: GOOD });
    expect(((await pair.handler(event, CONTEXT)) as HttpAnswer).statusCode).toBe(200);
  });

  test.each([
    ['{"instances":[{"width":1,"height":2},{"width":1}]}', 'instances[1].height', 'is missing'],
    ['{"instances":[{"width":1,"height":2,"depth":3}]}', 'instances[0].depth', 'is not a field of this model'],
    ['{"width":101,"height":2}', 'width', 'must be <= 100'],
    ['{"width":-0.1,"height":2}', 'width', 'must be >= 0'],
    ['{"width":"1","height":2}', 'width', 'must be number'],
    ['{"width":true,"height":2}', 'width', 'must be number'],
    ['{"width":null,"height":2}', 'width', 'must be number'],
    ['{"width":1,"height":1e39}', 'height', 'is too large for 32-bit floating point'],
    ['{"width":1,"height":1e999}', 'height', 'must be number'],
    ['{"instances":[[1,2]]}', 'instances[0]', 'must be object'],
    ['{"instances":{"width":1}}', 'instances', 'must be an array'],
    ['{"instances":[]}', 'instances', 'must have at least one instance'],
    ['{"instances":[{"width":1,"height":2}],"parameters":{}}', 'parameters', 'is not known beside "instances"'],
    ['{"width":1,"height":2,"__proto__":{"x":1}}', '__proto__', 'is not a field of this model'],
    ['{"width":1,"height":2,"constructor":1}', 'constructor', 'is not a field of this model'],
    ['{"width":1,"height":2,"odd name":1}', '["odd name"]', 'is not a field of this model'],
  ])('refuses %s and names %s', async (body, field, problem) => {
    const answer = await pair.post(body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toEqual({
      code: 'INVALID_INPUT',
      message: `${field} ${problem}`,
      field,
      requestId: 'url-request',
    });
    expect(pair.reports).toEqual([
      { latencyMilliseconds: expect.any(Number) as unknown, failure: { code: 'INVALID_INPUT', thrown: false } },
    ]);
    expect(pair.faults).toEqual([]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test.each(['3', 'null', '"text"', '[1,2]'])('refuses the bare body %s without a field', async (body) => {
    const { error } = (await pair.post(body)).body;
    expect(error).toEqual({ code: 'INVALID_INPUT', message: 'the instance must be object', requestId: 'url-request' });
  });

  test.each(['', '{', 'width=1', '{"width":NaN,"height":1}', '\u0000'])(
    'answers 400 to the body %j, which is not JSON',
    async (body) => {
      const answer = await pair.post(body);
      expect(answer.status).toBe(400);
      expect(answer.body.error.code).toBe('MALFORMED_BODY');
    },
  );

  test('refuses the batch as a whole when one instance is at fault, before the model runs', async () => {
    const answer = await pair.post('{"instances":[{"width":1,"height":2},{"width":1,"height":1e39}]}');
    expect(answer.body).not.toHaveProperty('predictions');
    expect(answer.body.error.field).toBe('instances[1].height');
  });

  test('refuses more instances than the model takes with 413', async () => {
    const instances = Array.from({ length: 5 }, () => ({ width: 1, height: 2 }));
    expect((await pair.post(JSON.stringify({ instances }))).status).toBe(200);
    const answer = await pair.post(JSON.stringify({ instances: [...instances, instances[0]] }));
    expect(answer.status).toBe(413);
    expect(answer.body.error).toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringContaining('at most 5') as unknown,
    });
  });

  test('refuses a body over 6 MB with 413, as text and as bytes', async () => {
    const fitting = GOOD.padEnd(6 * 1024 * 1024, ' ');
    expect((await pair.post(fitting)).status).toBe(200);
    expect((await pair.post(`${fitting} `)).status).toBe(413);
    expect((await pair.post(Buffer.from(`${fitting} `))).status).toBe(413);
    // Counted in bytes: this has fewer characters than the limit.
    expect((await pair.post('"' + 'é'.repeat(3.5 * 1024 * 1024) + '"')).status).toBe(413);
  });

  test('summarises each answered request once', async () => {
    await pair.post('{"instances":[{"width":1,"height":2},{"width":4,"height":3}]}');
    expect(pair.reports).toEqual([
      {
        latencyMilliseconds: expect.any(Number) as unknown,
        modelMilliseconds: expect.any(Number) as unknown,
        batchSize: 2,
        scores: [2, 4],
      },
    ]);
    const [{ latencyMilliseconds, modelMilliseconds }] = pair.reports;
    expect(latencyMilliseconds).toBeGreaterThan(modelMilliseconds as number);
  });
});

describe('the prediction handler and its model', () => {
  async function expectModelError(model: RecordedHandler, body: string, cause: RegExp): Promise<void> {
    const answer = await model.post(body);
    expect(answer.status).toBe(500);
    expect(answer.body.error).toEqual({
      code: 'MODEL_ERROR',
      message: 'the model failed on this request',
      requestId: 'url-request',
    });
    expect(String((model.faults.at(-1) as Error).message)).toMatch(cause);
    expect(model.reports.at(-1)?.failure).toEqual({ code: 'MODEL_ERROR', thrown: false });
  }

  test('answers 500 without a reason when the model throws, and logs the reason', async () => {
    const lookup = recordedHandler(LOOKUP);
    expect((await lookup.post('{"x":2}')).body.predictions).toEqual([2.5]);
    await expectModelError(lookup, '{"x":3}', /indices element out of data bounds/);
    expect((await lookup.post('{"x":1}')).body.predictions).toEqual([1.5]);
  });

  test.each(['{"x":-1}', '{"x":0}'])(
    'answers 500 when the model answers %s with something that is not finite',
    async (body) => {
      await expectModelError(recordedHandler(LOGARITHM), body, /output y holds a value that is not a finite number/);
    },
  );

  test('answers 500 when the model answers fewer rows than there are instances', async () => {
    const reduced = recordedHandler(REDUCED);
    expect((await reduced.post(GOOD)).status).toBe(200);
    await expectModelError(
      reduced,
      '{"instances":[{"width":1,"height":2},{"width":1,"height":2}]}',
      /output best has shape \[1, 2\] for 2 instances/,
    );
  });

  test('feeds one tensor per field, and answers several outputs by name', async () => {
    const mixed = recordedHandler(MIXED);
    const { body } = await mixed.post(
      JSON.stringify({ instances: [MIXED_INSTANCE, { ...MIXED_INSTANCE, vip: false }] }),
    );
    const expected = {
      age_out: 41,
      income_out: 2.5,
      vip_out: true,
      city_out: 'Bern',
      history_out: [1, 2.25],
      floor_out: -3,
    };
    expect(body.predictions).toEqual([expected, { ...expected, vip_out: false }]);
    // The first output of floating-point type stands for the prediction.
    expect(mixed.reports[0].scores).toEqual([2.5, 2.5]);
  });

  test('fills in the default of a field that is left out', async () => {
    const { income: _, ...rest } = MIXED_INSTANCE;
    const { body } = await recordedHandler(MIXED).post(JSON.stringify(rest));
    expect(body.predictions).toEqual([expect.objectContaining({ income_out: 1.5 })]);
  });

  test.each([
    [{ age: 2 ** 53 }, 'age', 'must be an integer between -9007199254740991 and 9007199254740991'],
    [{ age: 1.5 }, 'age', 'must be integer'],
    [{ floor: 2 ** 31 }, 'floor', 'must be between -2147483648 and 2147483647'],
    [{ vip: 1 }, 'vip', 'must be boolean'],
    [{ city: 'x'.repeat(21) }, 'city', 'must NOT have more than 20 characters'],
    [{ history: [1] }, 'history', 'must NOT have fewer than 2 items'],
    [{ history: [1, 'a'] }, 'history[1]', 'must be number'],
  ])('refuses %j in a tensor of its type', async (change, field, problem) => {
    const answer = await recordedHandler(MIXED).post(JSON.stringify({ ...MIXED_INSTANCE, ...change }));
    expect(answer.body.error).toMatchObject({ code: 'INVALID_INPUT', field, message: `${field} ${problem}` });
  });

  test('carries the largest safe integers exactly', async () => {
    for (const age of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      const { body } = await recordedHandler(MIXED).post(JSON.stringify({ ...MIXED_INSTANCE, age }));
      expect(body.predictions).toEqual([expect.objectContaining({ age_out: age })]);
    }
  });

  test('takes vectors as bare arrays', async () => {
    const vector = recordedHandler(VECTOR);
    expect((await vector.post('[1,2,3]')).body.predictions).toEqual([[1, 2, 3]]);
    expect((await vector.post('{"instances":[[1,2,3],[4,5,6]]}')).body.predictions).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect((await vector.post('[1,2e9,3]')).body.error.field).toBe('[1]');
    expect((await vector.post('{"instances":[[1,2,3],[1,2,1e10]]}')).body.error.field).toBe('instances[1][2]');
    expect((await vector.post('{"instances":[[1,2]]}')).body.error.field).toBe('instances[0]');
  });

  test('lays a vector out in the shape that the model wants, and answers rows of a higher rank as nested arrays', async () => {
    const { body } = await recordedHandler(MATRIX).post('{"instances":[[1,2,3,4],[5,6,7,8]]}');
    expect(body.predictions).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 8],
      ],
    ]);
  });

  test('tells an envelope from a record whose field has the same name', async () => {
    const envelope = recordedHandler(ENVELOPE_FIELD);
    expect((await envelope.post('{"instances":[1,2]}')).body.predictions).toEqual([[1, 2]]);
    expect((await envelope.post('{"instances":[{"instances":[1,2]},{"instances":[3,4]}]}')).body.predictions).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect((await envelope.post('{"instances":[]}')).body.error.field).toBe('instances');
  });
});

describe('the prediction handler invoked directly', () => {
  const pair = recordedHandler(PAIR);

  test('takes the body itself, bare or as a batch', async () => {
    const expected: PredictionAnswer = {
      predictions: [[1, 2]],
      model: { name: 'test-model', version: '1.2.3' },
      inferenceId: 'aws-request',
    };
    expect(await pair.invoke({ width: 1, height: 2 })).toEqual(expected);
    expect(await pair.invoke({ instances: [{ width: 1, height: 2 }] })).toEqual(expected);
  });

  test('throws bad input as an error named like the code, and counts it as a rejected invocation', async () => {
    await expect(pair.invoke({ instances: [{ width: 1 }] })).rejects.toMatchObject({
      name: 'INVALID_INPUT',
      message: 'instances[0].height is missing',
    });
    expect(pair.reports.at(-1)?.failure).toEqual({ code: 'INVALID_INPUT', thrown: true });
  });

  test('throws for too many instances', async () => {
    const instances = Array.from({ length: 6 }, () => ({ width: 1, height: 2 }));
    await expect(pair.invoke({ instances })).rejects.toMatchObject({ name: 'TOO_LARGE' });
  });

  test('throws a fault of the model without its reason', async () => {
    const lookup = recordedHandler(LOOKUP);
    await expect(lookup.invoke({ x: 7 })).rejects.toMatchObject({
      name: 'MODEL_ERROR',
      message: 'the model failed on this request',
    });
    const thrown = await lookup.invoke({ x: 7 }).catch((error: unknown) => error);
    expect((thrown as Error).cause).toBeUndefined();
    expect((thrown as Error).stack).not.toContain('indices');
    expect(lookup.reports.at(-1)?.failure).toEqual({ code: 'MODEL_ERROR', thrown: true });
  });
});
