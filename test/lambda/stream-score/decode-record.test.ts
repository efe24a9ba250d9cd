import { decodingFault, recordDecoder } from '../../../lambda/stream-score/decode-record';

const decode = recordDecoder('json', undefined);
const base64 = (...bytes: readonly (string | readonly number[])[]): string =>
  Buffer.concat(bytes.map((each) => Buffer.from(each as string))).toString('base64');

test.each(['ascii', 'Zürich', 'naïve café', '東京', '🚲', '\u0000\u007f\u0080ÿ'])(
  '%j is read as it was written',
  (text) => {
    expect(decode(base64(JSON.stringify({ text })))).toEqual({ text });
  },
);

test('a byte order mark is left out', () => {
  expect(decode(base64([0xef, 0xbb, 0xbf], '{"text":"a"}'))).toEqual({ text: 'a' });
  expect(decode(base64([0xef, 0xbb, 0xbf], '{"text":"é"}'))).toEqual({ text: 'é' });
});

test.each([
  ['a byte of Latin-1', [0xe9]],
  ['half a character', [0xc3]],
  ['an overlong slash', [0xc0, 0xaf]],
  ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
])('%s is not taken for another character', (_, bytes) => {
  const read = (): unknown => decode(base64('{"text":"', bytes, '"}'));
  expect(read).toThrow();
  try {
    read();
  } catch (error) {
    expect(decodingFault(error)).toEqual({ reason: 'UNDECODABLE', cause: 'it is not valid UTF-8' });
  }
});

test('the character that stands for what cannot be read is read where it was written', () => {
  expect(decode(base64('{"text":"\ufffd"}'))).toEqual({ text: '\ufffd' });
});

describe('a document that nests', () => {
  const nested = (depth: number, open = '[', close = ']'): string => open.repeat(depth) + '1' + close.repeat(depth);

  test.each([
    ['too deep, in lists', nested(1001)],
    ['too deep, in objects', nested(1001, '{"a":', '}')],
    ['so deep that it could not be written again', nested(100_000)],
    ['too deep behind text', `["\\"]${'['.repeat(9)}", ${nested(1000)}]`],
  ])('%s, goes to quarantine, and takes no batch along', (_, json) => {
    let fault: unknown;
    try {
      decode(base64(json));
    } catch (error) {
      fault = decodingFault(error);
    }
    expect(fault).toEqual({ reason: 'UNDECODABLE', cause: 'it nests too deep to be written again' });
  });

  test.each([
    ['as deep as is allowed', nested(1000)],
    ['side by side', `[${Array.from({ length: 2000 }, () => '[{}]').join(',')}]`],
    ['in its text alone', JSON.stringify({ text: `${'['.repeat(3000)}"\\` })],
  ])('%s, is read', (_, json) => {
    expect(JSON.stringify(decode(base64(json)))).toBe(json);
  });
});
