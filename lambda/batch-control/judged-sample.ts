/**
 * Positions of the objects that are judged before the rest may start: about a share of them and at least one, spread evenly over
 * all, and no more than one partition holds.
 */
export function judgedSample(
  weights: Float64Array,
  share: number,
  most: { readonly objects: number; readonly weight: number },
): Uint32Array {
  const all = weights.length;
  let count = Math.min(all, most.objects, Math.max(1, Math.round(share * all)));
  for (;;) {
    const positions = Uint32Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * all) / count));
    const weight = positions.reduce((sum, position) => sum + weights[position], 0);
    if (weight <= most.weight || count <= 1) {
      return positions;
    }
    // Other positions may be heavier again, so each round takes at least one away.
    count = Math.max(1, Math.min(count - 1, Math.floor((count * most.weight) / weight)));
  }
}
