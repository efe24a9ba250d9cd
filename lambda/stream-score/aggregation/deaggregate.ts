import { createHash } from 'node:crypto';
import { Reader } from 'protobufjs/minimal';
import type { Deaggregate } from '../ports';

/**
 * What an aggregated record begins with. It is no UTF-8, so a record that begins with it and is none is no text either: it goes to
 * quarantine as one record, as it came. (The Kinesis Client Library hands such a record on as it came as well.)
 *
 * @see https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 */
const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
/** Of the MD5 at its end. */
const CHECKSUM_BYTES = 16;

/** Fields of the messages `AggregatedRecord` and `Record`, with their types on the wire. */
const VARINT = 0;
const BYTES = 2;
const PARTITION_KEYS = tag(1, BYTES);
const RECORDS = tag(3, BYTES);
const PARTITION_KEY = tag(1, VARINT);
const DATA = tag(3, BYTES);

/** Takes a record apart that the Kinesis Producer Library, or another one that writes its format, made of several. */
export const deaggregate: Deaggregate = (bytes) => {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    return undefined;
  }
  if (bytes.length <= MAGIC.length + CHECKSUM_BYTES) {
    throw new Error('it ends before its records');
  }
  const message = bytes.subarray(MAGIC.length, -CHECKSUM_BYTES);
  if (!createHash('md5').update(message).digest().equals(bytes.subarray(-CHECKSUM_BYTES))) {
    throw new Error('its checksum is that of another content');
  }
  const keys: string[] = [];
  const records: { readonly keyPlace: number; readonly bytes: Buffer }[] = [];
  readMessage(message, (field, reader) => {
    if (field === PARTITION_KEYS) {
      keys.push(reader.string());
    } else if (field === RECORDS) {
      records.push(readRecord(reader.bytes()));
    } else {
      return false;
    }
    return true;
  });
  if (records.length === 0) {
    throw new Error('it has no records');
  }
  return records.map(({ keyPlace, bytes: data }) => {
    if (keys[keyPlace] === undefined) {
      throw new Error(`a record has key ${keyPlace} of ${keys.length}`);
    }
    return { key: keys[keyPlace], bytes: data };
  });
};

function readRecord(message: Uint8Array): { readonly keyPlace: number; readonly bytes: Buffer } {
  let keyPlace: number | undefined;
  let data: Uint8Array | undefined;
  readMessage(message, (field, reader) => {
    if (field === PARTITION_KEY) {
      keyPlace = Number(reader.uint64());
    } else if (field === DATA) {
      data = reader.bytes();
    } else {
      return false;
    }
    return true;
  });
  if (keyPlace === undefined || data === undefined) {
    throw new Error('a record has no key, or no data');
  }
  return { keyPlace, bytes: Buffer.from(data.buffer, data.byteOffset, data.length) };
}

/** Reads fields in whatever order they come; those that nobody asks for, such as hash keys and tags, are passed over. */
function readMessage(message: Uint8Array, read: (field: number, reader: Reader) => boolean): void {
  const reader = Reader.create(message);
  while (reader.pos < reader.len) {
    const field = reader.uint32();
    if (!read(field, reader)) {
      reader.skipType(field & 7);
    }
  }
}

function tag(field: number, type: number): number {
  return (field << 3) | type;
}
