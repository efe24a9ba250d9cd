import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { Writer } from 'protobufjs/minimal';
import { deaggregate } from '../../../../lambda/stream-score/aggregation/deaggregate';

interface User {
  readonly key: string;
  readonly data: Uint8Array;
}

/** Made with AWS's own aggregator for Node.js, aws-kinesis-agg 4.2.8. */
const AGGREGATED = Buffer.from(
  '84mawgoIZGV2aWNlLTEKCGdlcsOkdC0yEiczNDAyODIzNjY5MjA5Mzg0NjM0NjMzNzQ2MDc0MzE3NjgyMTE0NTUaCwgAGgd7IngiOjF9Gg0IARAAGgd7IngiOjJ9GgoIABoGAP/ziZrCmwj0JJnM2Bu9x3ucv3UQdQ==',
  'base64',
);

function sealed(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, createHash('md5').update(message).digest()]);
}

function message(users: readonly User[], keys = [...new Set(users.map(({ key }) => key))]): Uint8Array {
  const writer = Writer.create();
  keys.forEach((key) => writer.uint32(10).string(key));
  writer.uint32(18).string('340282366920938463463374607431768211455');
  for (const { key, data } of users) {
    const record = writer.uint32(26).fork();
    record.uint32(8).uint64(keys.indexOf(key)).uint32(16).uint64(0).uint32(26).bytes(data);
    // A tag, which nobody writes yet.
    record.uint32(34).fork().uint32(10).string('tag').ldelim();
    record.ldelim();
  }
  return writer.finish();
}

test('what AWS aggregates is taken apart', () => {
  expect(deaggregate(AGGREGATED)).toEqual([
    { key: 'device-1', bytes: Buffer.from('{"x":1}') },
    { key: 'gerät-2', bytes: Buffer.from('{"x":2}') },
    { key: 'device-1', bytes: Buffer.from([0, 255, 0xf3, 0x89, 0x9a, 0xc2]) },
  ]);
});

test.each([
  ['JSON', Buffer.from('{"x":1}')],
  ['nothing', Buffer.alloc(0)],
  ['shorter than the mark', Buffer.from('f3899a', 'hex')],
])('a record that is %s is left as it is', (_, bytes) => {
  expect(deaggregate(bytes)).toBeUndefined();
});

test.each<[string, Buffer, string]>([
  ['the mark alone', Buffer.from('f3899ac2', 'hex'), 'ends before'],
  ['a mark and a checksum', sealed(new Uint8Array()), 'ends before'],
  ['changed on its way', Buffer.from(AGGREGATED).fill(7, 10, 11), 'checksum'],
  ['cut off', AGGREGATED.subarray(0, -1), 'checksum'],
  ['without records', sealed(message([], ['a'])), 'no records'],
  ['with a key that is not there', sealed(message([{ key: 'b', data: Buffer.from('1') }], ['a'])), 'key'],
  [
    'with a record without data',
    sealed(Writer.create().uint32(10).string('a').uint32(26).fork().uint32(8).uint64(0).ldelim().finish()),
    'no data',
  ],
  ['no protocol buffer', sealed(Buffer.from([0x1a, 0x7f, 1, 2])), ''],
])('an aggregate that is %s says why it cannot be read', (_, bytes, why) => {
  expect(() => deaggregate(bytes)).toThrow(why);
});

test('no text begins as an aggregate does, so none is taken for one', () => {
  expect(() => new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from('f3899ac2', 'hex'))).toThrow();
});

test('whatever was aggregated comes out again, in its order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ key: fc.string({ minLength: 1, unit: 'grapheme' }), data: fc.uint8Array() }), {
        minLength: 1,
      }),
      (users) => {
        const taken = deaggregate(sealed(message(users)))!;
        expect(taken.map(({ key, bytes }) => [key, bytes.toString('hex')])).toEqual(
          users.map(({ key, data }) => [key, Buffer.from(data).toString('hex')]),
        );
      },
    ),
  );
});

test('whatever bytes come, it is an answer or an error', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      try {
        expect(deaggregate(sealed(bytes))!.length).toBeGreaterThan(0);
      } catch (error) {
        expect(typeof (error as Error).message).toBe('string');
      }
    }),
  );
});
