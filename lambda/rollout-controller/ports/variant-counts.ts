import type { Counts, ObservedMinute } from '../../rollout/ports';
import type { Variants } from './variant-examples';

/**
 * Counts of two versions of an endpoint, which CloudWatch has by the name of their variants. A version has the same variant as long as its
 * rollout goes on, so that of now was that of each minute; minutes from before are of another version, and nobody asks for them.
 */
export class VariantCounts implements Counts {
  constructor(
    private readonly counts: Counts,
    private readonly variants: Variants,
  ) {}

  /** None while one of them is not on the endpoint: before it joins, and when the other is alone. */
  public async minutes(
    from: number,
    to: number,
    candidate: string,
    baseline: string,
  ): Promise<readonly ObservedMinute[]> {
    const [ofCandidate, ofBaseline] = [
      await this.variants.variantOf(candidate),
      await this.variants.variantOf(baseline),
    ];
    return ofCandidate === undefined || ofBaseline === undefined
      ? []
      : this.counts.minutes(from, to, ofCandidate.name, ofBaseline.name);
  }
}
