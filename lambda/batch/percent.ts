/** A share as it is said: 0.07 is 7 %, where 0.07 * 100 is 7.000000000000001. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(6))} %`;
}
