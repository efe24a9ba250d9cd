import { encodeModel } from '../onnx-model';
import { removeAssets } from '../served-model';
import { MIXED, MIXED_INSTANCE, PAIR, VECTOR } from './models';
import { recordedHandler } from './recorded-handler';

afterAll(removeAssets);

const CSV = { 'content-type': 'text/csv' };
const CSV_WITH_HEADER = { 'content-type': 'text/csv; charset=utf-8; header=present' };
const TENSOR = { 'content-type': 'application/octet-stream' };

const pair = recordedHandler(PAIR);
const vector = recordedHandler(VECTOR);
const mixed = recordedHandler(MIXED);

describe('content types', () => {
  test.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"; profile=x',
  ])('takes %s as JSON', async (type) => {
    expect((await pair.post('{"width":1,"height":2}', { 'content-type': type })).status).toBe(200);
  });

  test.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'json', ''])(
    'refuses %j with 415',
    async (type) => {
      const answer = await pair.post('{"width":1,"height":2}', { 'content-type': type });
      expect(answer.status).toBe(415);
      expect(answer.body.error).toMatchObject({
        code: 'UNSUPPORTED_MEDIA_TYPE',
        message: 'send one of application/json, text/csv, application/octet-stream',
      });
    },
  );

  test('refuses text in another encoding than UTF-8', async () => {
    expect((await pair.post('{}', { 'content-type': 'application/json; charset=utf-16' })).status).toBe(415);
    expect((await pair.post(Buffer.from([0x22, 0xff, 0x22]))).body.error.code).toBe('MALFORMED_BODY');
  });

  test('takes JSON as base64, and with a byte order mark', async () => {
    expect((await pair.post(Buffer.from('{"width":1,"height":2}'))).status).toBe(200);
    expect((await pair.post('\ufeff{"width":1,"height":2}')).status).toBe(200);
    expect((await pair.post(Buffer.from('\ufeff{"width":1,"height":2}'))).status).toBe(200);
  });
});

describe('CSV', () => {
  test('is read in the order of the fields', async () => {
    expect((await pair.post('1,2\n3.5,-4e1\r\n', CSV)).body.predictions).toEqual([
      [1, 2],
      [3.5, -40],
    ]);
  });

  test('is read by its header, in any order, with quotes as in RFC 4180', async () => {
    expect((await pair.post('height,"width"\n"2", 1 \n4,3', CSV_WITH_HEADER)).body.predictions).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('carries every type of field, and array fields by index', async () => {
    const header = 'city,vip,history[1],history[0],age,floor,income';
    const { body } = await mixed.post(`${header}\n"Bern, ""BE""",TRUE,2.25,1,41,-3,\n`, CSV_WITH_HEADER);
    expect(body.predictions).toEqual([
      { age_out: 41, income_out: 1.5, vip_out: true, city_out: 'Bern, "BE"', history_out: [1, 2.25], floor_out: -3 },
    ]);
  });

  test('takes a column that the header leaves out as missing', async () => {
    expect((await pair.post('width\n1', CSV_WITH_HEADER)).body.error).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'instances[0].height',
    });
  });

  test.each([
    ['1,2\n3,\n', 'instances[1].height', 'is missing'],
    ['1,2\nNaN,1\n', 'instances[1].width', 'must be a finite number (row 2)'],
    ['inf,1\n', 'instances[0].width', 'must be a finite number (row 1)'],
    ['1,-Infinity\n', 'instances[0].height', 'must be a finite number (row 1)'],
    ['1,1e999\n', 'instances[0].height', 'must be a finite number (row 1)'],
    ['1,0x10\n', 'instances[0].height', 'must be a finite number (row 1)'],
    ['one,1\n', 'instances[0].width', 'must be a finite number (row 1)'],
    ['1,2\n101,1\n', 'instances[1].width', 'must be <= 100'],
    ['1,1e39\n', 'instances[0].height', 'is too large for 32-bit floating point'],
  ])('refuses %j and names %s', async (text, field, problem) => {
    const answer = await pair.post(text, CSV);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code: 'INVALID_INPUT', field, message: `${field} ${problem}` });
  });

  test.each([
    ['width,depth\n1,2', 'depth', 'is in the header, but is not a field of this model'],
    ['width,width\n1,2', 'width', 'is in the header twice'],
    ['__proto__,width\n1,2', '__proto__', 'is in the header, but is not a field of this model'],
  ])('refuses the header of %j', async (text, field, problem) => {
    expect((await pair.post(text, CSV_WITH_HEADER)).body.error).toMatchObject({
      field,
      message: `${field} ${problem}`,
    });
  });

  test.each([
    ['1\n', CSV, 'row 1 has 1 values instead of 2'],
    ['1,2\n1,2,3\n', CSV, 'row 2 has 3 values instead of 2'],
    ['\n\n', CSV, 'the body has no rows'],
    ['width,height\n', CSV_WITH_HEADER, 'the body has no rows'],
    ['"1,2\n', CSV, 'the body is not valid CSV (RFC 4180)'],
  ])('calls %j malformed', async (text, headers, message) => {
    const answer = await pair.post(text, headers);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code: 'MALFORMED_BODY', message });
  });

  test.each(['constructor', 'yes', '2'])('refuses %j as a boolean', async (cell) => {
    const { error } = (await mixed.post(`41,1,${cell},Bern,1,2,3`, CSV)).body;
    expect(error).toMatchObject({
      field: 'instances[0].vip',
      message: expect.stringContaining('true, false, 1 or 0') as unknown,
    });
  });

  test('names the element of an array field that has no value', async () => {
    expect((await mixed.post('41,1,true,Bern,1,,3', CSV)).body.error.field).toBe('instances[0].history[1]');
  });

  test('refuses more rows than the model takes, without reading them all', async () => {
    expect((await pair.post('1,2\n'.repeat(5), CSV)).status).toBe(200);
    expect((await pair.post(`width,height\n${'1,2\n'.repeat(5)}`, CSV_WITH_HEADER)).status).toBe(200);
    expect((await pair.post('1,2\n'.repeat(6), CSV)).status).toBe(413);
    expect((await pair.post(`width,height\n${'1,2\n'.repeat(500_000)}`, CSV_WITH_HEADER)).status).toBe(413);
  });

  test('gives a vector its values without names', async () => {
    expect((await vector.post('1,2,3', CSV)).body.predictions).toEqual([[1, 2, 3]]);
    expect((await vector.post('1,x,3', CSV)).body.error.field).toBe('instances[0][1]');
  });
});

test('an answer that Lambda could not carry is refused, measured as it travels', async () => {
  const text = recordedHandler({
    artifact: encodeModel({
      inputs: [{ name: 'text', type: 'string', dims: ['N', 1] }],
      outputs: [{ name: 'echo', type: 'string', dims: ['N', 1] }],
      nodes: [{ op: 'Identity', inputs: ['text'], outputs: ['echo'] }],
    }),
    schema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    input: { kind: 'record', fields: [{ name: 'text', type: 'string' }] },
  });
  expect((await text.post('x'.repeat(5.9 * 1024 * 1024), CSV)).status).toBe(200);
  // Each of these is one byte here, two in the answer, and three where the answer is a string in JSON.
  const answer = await text.post(`"${'""'.repeat(2.1 * 1024 * 1024)}"`, CSV);
  expect(answer.status).toBe(413);
  expect(answer.body.error).toMatchObject({ code: 'TOO_LARGE', message: expect.stringContaining('6 MB') as unknown });
  expect(text.reports.at(-1)?.failure).toEqual({ code: 'TOO_LARGE', thrown: false });
  expect(text.reports).toHaveLength(2);
});

describe('a float32 tensor', () => {
  const bytes = (...values: number[]): Buffer => {
    const buffer = Buffer.alloc(values.length * 4);
    values.forEach((value, index) => buffer.writeFloatLE(value, index * 4));
    return buffer;
  };

  test('is read as little-endian rows', async () => {
    expect((await pair.post(bytes(1, 2, 3, 4), TENSOR)).body.predictions).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect((await vector.post(bytes(1, 2, 3), TENSOR)).body.predictions).toEqual([[1, 2, 3]]);
  });

  test.each([
    [NaN, 'must be number'],
    [Infinity, 'must be number'],
    [101, 'must be <= 100'],
  ])('is validated like JSON: refuses %p', async (value, problem) => {
    const { error } = (await pair.post(bytes(1, 2, value, 4), TENSOR)).body;
    expect(error).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'instances[1].width',
      message: `instances[1].width ${problem}`,
    });
  });

  test.each([1, 7, 9])('of %d bytes is malformed', async (length) => {
    const { error } = (await pair.post(Buffer.alloc(length), TENSOR)).body;
    expect(error).toMatchObject({
      code: 'MALFORMED_BODY',
      message: expect.stringContaining('not a multiple of 8') as unknown,
    });
  });

  test('is refused when it arrives as text', async () => {
    expect((await pair.post('\u0000\u0000\u0080?', TENSOR)).body.error).toMatchObject({
      code: 'MALFORMED_BODY',
      message: expect.stringContaining('binary') as unknown,
    });
  });

  test('is not for a model with other than numeric fields', async () => {
    const answer = await mixed.post(Buffer.alloc(28), TENSOR);
    expect(answer.status).toBe(415);
    expect(answer.body.error.message).toContain('boolean values (vip)');
  });

  test('is refused over the number of instances', async () => {
    expect((await pair.post(Buffer.alloc(5 * 8), TENSOR)).status).toBe(200);
    expect((await pair.post(Buffer.alloc(6 * 8), TENSOR)).status).toBe(413);
  });
});

test('all content types reach the model as the same numbers', async () => {
  const json = await mixed.post(JSON.stringify(MIXED_INSTANCE));
  const csv = await mixed.post('41,2.5,true,Bern,1,2.25,-3', CSV);
  expect(csv.body.predictions).toEqual(json.body.predictions);
});
