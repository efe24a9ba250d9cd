import { Random } from '../../../bin/simulate/random';

function moments(draw: (random: Random) => number): { mean: number; variance: number } {
  const random = new Random(7);
  const drawn = Array.from({ length: 20_000 }, () => draw(random));
  const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  return { mean, variance: drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length };
}

test.each<[string, (random: Random) => number, number, number]>([
  ['a small Poisson', (random) => random.poisson(3), 3, 3],
  ['a large Poisson', (random) => random.poisson(600), 600, 600],
  ['a rare binomial', (random) => random.binomial(600, 0.005), 3, 2.985],
  ['a common binomial', (random) => random.binomial(600, 0.3), 180, 126],
  ['a binomial that is nearly sure', (random) => random.binomial(600, 0.95), 570, 28.5],
  ['a burst', (random) => random.burst(0.5), 1, 0.25],
  ['a wild burst', (random) => random.burst(2), 1, 4],
  ['a normal', (random) => random.normal(), 0, 1],
  ['a uniform', (random) => random.uniform(), 0.5, 1 / 12],
])('%s has the mean and the variance of its law', (_, draw, mean, variance) => {
  const seen = moments(draw);
  expect(Math.abs(seen.mean - mean)).toBeLessThan(4 * Math.sqrt(variance / 20_000));
  // The fourth moment of a wild burst is large.
  expect(Math.abs(seen.variance / variance - 1)).toBeLessThan(variance === 4 ? 0.2 : 0.06);
});

test('the same seed gives the same numbers, another seed or run others', () => {
  const first = (random: Random): number[] => Array.from({ length: 5 }, () => random.uniform());
  expect(first(new Random(1, 2))).toEqual(first(new Random(1, 2)));
  expect(first(new Random(1, 2))).not.toEqual(first(new Random(1, 3)));
  expect(first(new Random(2, 2))).not.toEqual(first(new Random(1, 2)));
});
