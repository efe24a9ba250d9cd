import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** DynamoDB nests no deeper than 32, the item itself included: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const DEEPEST = 31;
/** Bytes of a name, which has one at least: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
const LONGEST_NAME = 64 * 1024 - 1;

/** What DynamoDB's numbers hold, beside zero: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const LEAST = 1e-130;
const MOST = 9.99e125;

/** A value of JSON as DynamoDB keeps it. What it has no room for is text: a number that is too small or too large, what nests too deep, and what has a name that it refuses. */
export function attributeValue(value: unknown, depth = 1): AttributeValue {
  if (value === null || value === undefined) {
    return { NULL: true };
  }
  if (typeof value === 'number') {
    const size = Math.abs(value);
    // The number minus zero is none of DynamoDB's.
    return size === 0 ? { N: '0' } : size < LEAST || size > MOST ? { S: String(value) } : { N: String(value) };
  }
  if (typeof value === 'boolean') {
    return { BOOL: value };
  }
  if (typeof value === 'string') {
    return { S: value };
  }
  if (typeof value !== 'object' || depth >= DEEPEST) {
    return { S: JSON.stringify(value) ?? '' };
  }
  if (Array.isArray(value)) {
    return { L: value.map((member) => attributeValue(member, depth + 1)) };
  }
  const members: [string, AttributeValue][] = [];
  for (const [name, member] of Object.entries(value)) {
    if (name === '' || Buffer.byteLength(name) > LONGEST_NAME) {
      return { S: JSON.stringify(value) };
    }
    if (member !== undefined) {
      members.push([name, attributeValue(member, depth + 1)]);
    }
  }
  return { M: Object.fromEntries(members) };
}
