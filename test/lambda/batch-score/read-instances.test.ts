import fc from 'fast-check';
import type { RecordFormat } from '../../../lambda/batch/contract';
import { readInstances } from '../../../lambda/batch-score/read-instances';
import type { ServedInput } from '../../../lambda/predict/contract';
import { isRequestError } from '../../../lambda/predict/errors';
import { MIXED, PAIR } from '../predict/models';
import { body } from './body';

const NOTES: ServedInput = {
  kind: 'record',
  fields: [
    { name: 'id', type: 'integer' },
    { name: 'note', type: 'string' },
  ],
};

async function read(
  content: AsyncIterable<Uint8Array> | string,
  format: RecordFormat,
  input: ServedInput = NOTES,
): Promise<unknown[]> {
  const instances: unknown[] = [];
  for await (const instance of readInstances(typeof content === 'string' ? body(content) : content, format, input)) {
    instances.push(instance);
  }
  return instances;
}

/** The message with which reading is refused, and what was read before. */
async function refused(
  content: AsyncIterable<Uint8Array> | string,
  format: RecordFormat,
  input: ServedInput = NOTES,
): Promise<{ message: string; before: unknown[] }> {
  const before: unknown[] = [];
  try {
    for await (const instance of readInstances(typeof content === 'string' ? body(content) : content, format, input)) {
      before.push(instance);
    }
  } catch (error) {
    expect(isRequestError(error)).toBe(true);
    return { message: (error as Error).message, before };
  }
  throw new Error('it was not refused');
}

describe('CSV', () => {
  const two = [
    { id: 1, note: 'a' },
    { id: 2, note: 'b' },
  ];

  test.each<[string, string]>([
    ['has a row for each record', '1,a\n2,b\n'],
    ['may leave out the end of the last line', '1,a\n2,b'],
    ['may end lines as Windows does', '1,a\r\n2,b\r\n'],
    ['may end lines as Macs did', '1,a\r2,b\r'],
    ['may end each line in another way', '1,a\n2,"b"\r\n'],
    ['may begin with a byte order mark', '\uFEFF1,a\n2,b\n'],
    ['may have empty lines', '\n1,a\n\n2,b\n\n\n'],
  ])('%s', async (_, text) => {
    expect(await read(text, 'csv')).toEqual(two);
  });

  test('may have commas, quotes and line breaks within quotes', async () => {
    expect(await read('1,"a\nb\r\nc"\n2,"say ""x"", y"\n', 'csv')).toEqual([
      { id: 1, note: 'a\nb\r\nc' },
      { id: 2, note: 'say "x", y' },
    ]);
  });

  test.each<[string, string]>([
    ['in another order', 'note,id\na,1\nb,2\n'],
    ['behind a byte order mark', '\uFEFFid,note\n1,a\n2,b\n'],
    ['within quotes and with spaces', '"id", note\n1,a\n2,b\n'],
  ])('has a header: %s', async (_, text) => {
    expect(await read(text, 'csv-with-header')).toEqual(two);
  });

  test('with a header and nothing else, or with nothing at all, has no records', async () => {
    expect(await read('id,note\n', 'csv-with-header')).toEqual([]);
    expect(await read('', 'csv-with-header')).toEqual([]);
    expect(await read('\n\n', 'csv')).toEqual([]);
  });

  test.each<[string, RecordFormat, string, string]>([
    [
      'a header with another field',
      'csv-with-header',
      'id,age\n1,2\n',
      'age is in the header, but is not a field of this model',
    ],
    ['a header with a field twice', 'csv-with-header', 'id,id\n1,2\n', 'id is in the header twice'],
    ['a row that is short', 'csv', '1,a\n2\n', 'row 2 has 1 values instead of 2'],
    ['a row that is long', 'csv-with-header', 'id,note\n1,a,b\n', 'row 1 has 3 values instead of 2'],
    ['text for a number', 'csv', '1,a\n2,b\nx,c\n', 'record 3: id must be a finite number (row 3)'],
    ['a quote that is never closed', 'csv', '1,a\n2,"b\n3,c\n', 'it is not valid CSV (RFC 4180) after row 1'],
    [
      'a quote that is never closed',
      'csv-with-header',
      'id,note\n1,a\n2,"b\n',
      'it is not valid CSV (RFC 4180) after row 1',
    ],
    ['a header that is never closed', 'csv-with-header', 'id,"note\n', 'it is not valid CSV (RFC 4180) in its header'],
    ['text behind a quote', 'csv', '1,"a"b\n', 'it is not valid CSV (RFC 4180) after row 0'],
  ])('is refused for %s', async (_, format, text, message) => {
    expect((await refused(text, format)).message).toBe(message);
  });

  test('gives the records before the one at fault', async () => {
    expect((await refused('1,a\n2,b\nx,c\n', 'csv')).before).toEqual(two);
  });

  test('with a record that has no end is refused before it fills the memory', async () => {
    let pieces = 0;
    const endless = async function* (): AsyncIterable<Uint8Array> {
      yield Buffer.from('1,"');
      for (; pieces < 1000; pieces++) {
        await Promise.resolve();
        yield Buffer.alloc(1024 * 1024, 'a');
      }
    };
    expect((await refused(endless(), 'csv')).message).toBe(
      'a record after row 0 has more than 6291456 characters: a quote may be open',
    );
    expect(pieces).toBeLessThan(20);
  }, 30_000);
});

describe('JSON Lines', () => {
  test.each<[string, string]>([
    ['has a line for each record', '{"id":1}\n[2]\n'],
    ['may leave out the end of the last line', '{"id":1}\n[2]'],
    ['may end lines as Windows does', '{"id":1}\r\n[2]\r\n'],
    ['may have blank lines', '\n {"id":1}\n \t\n\r\n[2]\n\n'],
    ['may begin with a byte order mark', '\uFEFF{"id":1}\n[2]\n'],
  ])('%s', async (_, text) => {
    expect(await read(text, 'json-lines')).toEqual([{ id: 1 }, [2]]);
  });

  test('may have separators of lines and paragraphs within strings', async () => {
    expect(await read('{"note":"a\u2028b\u2029c"}\n', 'json-lines')).toEqual([{ note: 'a\u2028b\u2029c' }]);
  });

  test('is refused for a line that is no JSON, by its number in the object', async () => {
    expect(await refused('1\n\n\n{"id":}\n5\n', 'json-lines')).toEqual({
      message: 'line 4 is not valid JSON',
      before: [1],
    });
  });

  test('with a record that has no end is refused before it fills the memory', async () => {
    let pieces = 0;
    const endless = async function* (): AsyncIterable<Uint8Array> {
      yield Buffer.from('1\n');
      for (; pieces < 1000; pieces++) {
        await Promise.resolve();
        yield Buffer.alloc(1024 * 1024, '[');
      }
    };
    expect((await refused(endless(), 'json-lines')).message).toBe('line 2 has more than 6291456 characters');
    expect(pieces).toBeLessThan(20);
  });
});

const FORMATS = ['csv', 'csv-with-header', 'json-lines'] as const;

test.each(FORMATS)('%s that is not UTF-8 is refused, wherever it is cut', async (format) => {
  for (const bytes of [[0xff], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80]]) {
    const content = Buffer.concat([Buffer.from('id,note\n1,'), Buffer.from(bytes)]);
    for (let cut = 0; cut <= content.length; cut++) {
      const { message } = await refused(body(content, [cut]), format === 'json-lines' ? 'csv' : format);
      expect(message).toBe('it is not valid UTF-8');
    }
  }
});

test.each(FORMATS)('%s that breaks off is not the fault of the object', async (format) => {
  const fault = new Error('socket hang up');
  const text = format === 'json-lines' ? '{"id":1}\n' : 'id,note\n1,a\n';
  await expect(
    read(
      body(text, [3, 9], fault),
      format,
      format === 'csv' ? { ...NOTES, fields: [NOTES.fields[1], NOTES.fields[1]] } : NOTES,
    ),
  ).rejects.toBe(fault);
});

test.each(FORMATS)('%s is closed when its reader stops', async (format) => {
  let closed = false;
  const content = async function* (): AsyncIterable<Uint8Array> {
    try {
      for (;;) {
        await Promise.resolve();
        yield Buffer.from(
          format === 'json-lines'
            ? '[1]\n'
            : '1,2\n'.replace('1', format === 'csv' ? '1' : 'id').replace('2', format === 'csv' ? '2' : 'note'),
        );
      }
    } finally {
      closed = true;
    }
  };
  await expect(
    (async () => {
      for await (const instance of readInstances(content(), format, NOTES)) {
        throw new Error(JSON.stringify(instance));
      }
    })(),
  ).rejects.toThrow();
  await new Promise(setImmediate);
  expect(closed).toBe(true);
});

const note = fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => `${text}x"\n,\u2028`);
const record = fc.record({ id: fc.integer(), note });
const cuts = fc.array(fc.nat(), { maxLength: 20 });
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

test('pieces may end anywhere: the records are the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 5 }), cuts, async (records, ends) => {
      const rows = records.map(({ id, note: text }) => `${id},${quoted(text)}`).join('\r\n');
      expect(await read(body(rows, ends), 'csv')).toEqual(records);
      expect(await read(body(`id,note\n${rows}`, ends), 'csv-with-header')).toEqual(records);
      const lines = records.map((each) => JSON.stringify(each)).join('\n');
      expect(await read(body(lines, ends), 'json-lines')).toEqual(records);
    }),
    { numRuns: 300 },
  );
}, 30_000);

test('every byte by itself', async () => {
  const text = 'note,id\n"ä\u2028€\n😀",1\n';
  const every = Array.from({ length: Buffer.byteLength(text) }, (_, index) => index);
  expect(await read(body(text, every), 'csv-with-header')).toEqual([{ id: 1, note: 'ä\u2028€\n😀' }]);
});

test('values of several types and columns come as the schema has them', async () => {
  expect(await read('41,,TRUE,Bern,1,2.25,-3\n', 'csv', MIXED.input)).toEqual([
    { age: 41, vip: true, city: 'Bern', history: [1, 2.25], floor: -3 },
  ]);
  expect(await read('height,width\n2,1\n', 'csv-with-header', PAIR.input)).toEqual([{ width: 1, height: 2 }]);
});
