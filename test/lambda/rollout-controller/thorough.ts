/**
 * `THOROUGH=true` plays a fault at every call, an operator every 7 seconds and 2,000 campaigns, which takes minutes; without it a part of
 * them is among all tests.
 */
export const THOROUGH = process.env.THOROUGH === 'true';

/** Every so many-th of the trials. */
export function every(part: number): number {
  return THOROUGH ? 1 : part;
}
