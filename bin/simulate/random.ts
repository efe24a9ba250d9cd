/**
 * Chance by seed: the same seed, the same numbers, on any machine and in any version, which is what makes a simulation an argument.
 */
export class Random {
  private readonly state: Uint32Array;

  /** Two numbers, so that the runs of one seed do not overlap with those of the next. */
  constructor(seed: number, run = 0) {
    this.state = new Uint32Array([seed, run, 0x9e3779b9, 1]);
    for (let warm = 0; warm < 16; warm++) {
      this.uniform();
    }
  }

  /** Above 0 and below 1. Small Fast Counting generator (sfc32) of the PractRand suite. */
  uniform(): number {
    const { state } = this;
    const sum = (state[0] + state[1] + state[3]++) >>> 0;
    state[0] = state[1] ^ (state[1] >>> 9);
    state[1] = state[2] + (state[2] << 3);
    state[2] = ((state[2] << 21) | (state[2] >>> 11)) + sum;
    return (sum + 0.5) / 2 ** 32;
  }

  /** Standard normal (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Of mean 1 and this coefficient of variation (Marsaglia and Tsang 2000). */
  burst(variation: number): number {
    if (variation === 0) {
      return 1;
    }
    const shape = 1 / (variation * variation);
    // Below 1 the shape is raised by 1, and the sample by a power of chance brought back.
    const raised = shape < 1 ? shape + 1 : shape;
    const d = raised - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(this.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
        return (d * v * (shape < 1 ? this.uniform() ** (1 / shape) : 1)) / shape;
      }
    }
  }

  /** How many happen in a time in which so many happen on average. */
  poisson(mean: number): number {
    return mean < SMALL ? this.poissonBySearch(mean) : this.poissonByRejection(mean);
  }

  /** How many of so many happen. */
  binomial(count: number, chance: number): number {
    if (chance > 0.5) {
      return count - this.binomial(count, 1 - chance);
    }
    if (count === 0 || chance <= 0) {
      return 0;
    }
    return count * chance < SMALL ? this.binomialBySearch(count, chance) : this.binomialByRejection(count, chance);
  }

  private poissonBySearch(mean: number): number {
    let left = this.uniform();
    let part = Math.exp(-mean);
    let happened = 0;
    while (left > part && part > 0) {
      left -= part;
      happened += 1;
      part *= mean / happened;
    }
    return happened;
  }

  /** Transformed rejection (Hörmann 1993, PTRS). */
  private poissonByRejection(mean: number): number {
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const inverse = 1.1239 + 1.1328 / (b - 3.4);
    for (;;) {
      const u = this.uniform() - 0.5;
      const us = 0.5 - Math.abs(u);
      const v = this.uniform();
      const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
      if (
        k >= 0 &&
        us > 0.013 &&
        Math.log((v * inverse) / (a / (us * us) + b)) <= k * Math.log(mean) - mean - logFactorial(k)
      ) {
        return k;
      }
    }
  }

  private binomialBySearch(count: number, chance: number): number {
    const odds = chance / (1 - chance);
    let left = this.uniform();
    let part = (1 - chance) ** count;
    let happened = 0;
    while (left > part && happened < count) {
      left -= part;
      happened += 1;
      part *= (odds * (count - happened + 1)) / happened;
    }
    return happened;
  }

  /** Transformed rejection (Hörmann 1993, BTRS). */
  private binomialByRejection(count: number, chance: number): number {
    const spread = Math.sqrt(count * chance * (1 - chance));
    const b = 1.15 + 2.53 * spread;
    const a = -0.0873 + 0.0248 * b + 0.01 * chance;
    const c = count * chance + 0.5;
    const alpha = (2.83 + 5.1 / b) * spread;
    const mode = Math.floor((count + 1) * chance);
    const logOdds = Math.log(chance / (1 - chance));
    const atMode = logFactorial(mode) + logFactorial(count - mode);
    for (;;) {
      const u = this.uniform() - 0.5;
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + c);
      if (k < 0 || k > count) {
        continue;
      }
      const v = Math.log((this.uniform() * alpha) / (a / (us * us) + b));
      if (v <= atMode - logFactorial(k) - logFactorial(count - k) + (k - mode) * logOdds) {
        return k;
      }
    }
  }
}

/** Below so many on average, adding up chances from 0 takes less time. */
const SMALL = 10;

const FACTORIALS = Array.from({ length: 16 }, () => 0);
for (let n = 2; n < FACTORIALS.length; n++) {
  FACTORIALS[n] = FACTORIALS[n - 1] + Math.log(n);
}

function logFactorial(n: number): number {
  if (n < FACTORIALS.length) {
    return FACTORIALS[n];
  }
  // Stirling's series: at 16 it is right to the thirteenth digit.
  const x = n + 1;
  return (x - 0.5) * Math.log(x) - x + 0.9189385332046727 + 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5);
}
