import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Bytes of the environment of a function, names and values, of which AWS Lambda allows 4 KB.
 *
 * @param eachUnknown bytes that a value is taken to have which is known at deployment only, such as the name of a function
 */
export function environmentBytes(
  scope: IConstruct,
  variables: { readonly [name: string]: string },
  eachUnknown: number,
): number {
  return bytesOf(Stack.of(scope).resolve(Object.entries(variables)), eachUnknown);
}

function bytesOf(value: unknown, eachUnknown: number): number {
  if (typeof value === 'string') {
    return Buffer.byteLength(value);
  }
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, part) => sum + bytesOf(part, eachUnknown), 0);
  }
  const { 'Fn::Join': join } = (value ?? {}) as { readonly 'Fn::Join'?: readonly [string, readonly unknown[]] };
  return join === undefined ? eachUnknown : bytesOf(join[1], eachUnknown);
}
