/** The input of the benchmark: as many objects as asked, the same each time. */
export const OBJECTS = Number(process.env.OBJECTS ?? 1_000_000);

/** Most objects are small, few are large, and later days have more: as data lakes are. Median 200 kB at the start. */
export function bytesOf(number: number): number {
  const growth = 1 + (2 * number) / OBJECTS;
  return Math.round(200_000 * growth * Math.exp(1.2 * normal(number)));
}

export function keyOf(number: number): string {
  const day = String(1 + Math.floor((28 * number) / OBJECTS)).padStart(2, '0');
  return `in/year=2026/month=02/day=${day}/part-${String(number).padStart(9, '0')}-c000.csv`;
}

export function etagOf(number: number): string {
  return `"${uniform(number, 3).toString(16).slice(2, 14).padEnd(32, '0')}"`;
}

/** Box and Muller's. */
function normal(number: number): number {
  return Math.sqrt(-2 * Math.log(1 - uniform(number, 1))) * Math.cos(2 * Math.PI * uniform(number, 2));
}

/** A number from 0 to below 1 that depends on two others and looks like chance. */
function uniform(number: number, stream: number): number {
  let bits = Math.imul(number ^ Math.imul(stream, 0x9e3779b1), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  bits = Math.imul(bits ^ (bits >>> 16), 0x27d4eb2f);
  return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
}
