import type { Fault } from '../checks/bounds/fault';

/** In bytes; what a consumer leaves has longer keys than its prefix, and a key has at most 1,024. */
const LONGEST = 512;

/** What is wrong with the beginning of keys. Wildcards would reach into the permission on them, and match more than is meant. */
export function faultyKeyPrefix(id: string, subject: string, prefix: string, example: string): Fault[] {
  const strange = whatIsStrange(prefix);
  return strange === undefined
    ? []
    : [{ id, message: `${subject} is '${prefix.slice(0, 100)}', and ${strange}`, fix: `write it like '${example}'` }];
}

function whatIsStrange(prefix: string): string | undefined {
  const bytes = Buffer.byteLength(prefix);
  if (!prefix.endsWith('/') || prefix.startsWith('/')) {
    return "must end with '/' and not begin with it";
  }
  if (prefix.includes('://')) {
    return 'that is an address: the bucket is given by itself';
  }
  if (/[*?$\p{Cc}]/u.test(prefix)) {
    return "must have no '*', '?', '$' nor control characters";
  }
  return bytes > LONGEST ? `has ${bytes} bytes, allowed are ${LONGEST}` : undefined;
}

/** Whether a key may be below both. */
export function overlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}
