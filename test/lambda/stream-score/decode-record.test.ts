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
