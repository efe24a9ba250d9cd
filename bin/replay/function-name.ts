import type { Region } from './replayable';

/** A function by name or ARN, with the alias or version that is called. */
const FUNCTION = /^(?:(arn):([\w-]+):lambda:([\w-]+):(\d{12}):function:)?[\w-]{1,140}(?::([\w$-]{1,128}))?$/;

/** Where a function is, as far as its name says; undefined where it is no name of a function. */
export function partsOfFunction(name: string): { readonly qualifier?: string; readonly region?: Region } | undefined {
  const match = FUNCTION.exec(name);
  if (match === null) {
    return undefined;
  }
  const [, arn, partition, region, account, qualifier] = match;
  return { qualifier, region: arn === undefined ? undefined : { partition, region, account } };
}
