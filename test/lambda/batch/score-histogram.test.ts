import fc from 'fast-check';
import { addHistograms, bucketsOf, histogramOf, shareOf } from '../../../lambda/batch/score-histogram';

const scores = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { maxLength: 200 });

test('a share of a histogram has that share of its scores, and nowhere more than one more or less below any bucket', () => {
  fc.assert(
    fc.property(scores, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
      const whole = histogramOf(all);
      const part = shareOf(whole, share);
      expect(part.count).toBe(Math.round(all.length * share));
      expect(Object.values(part.buckets).reduce((sum, count) => sum + count, 0)).toBe(part.count);
      let [seen, due] = [0, 0];
      for (const bucket of bucketsOf(whole)) {
        seen += part.buckets[bucket] ?? 0;
        due += whole.buckets[bucket] * share;
        expect(Math.abs(seen - due)).toBeLessThanOrEqual(0.5 + 1e-9);
      }
    }),
  );
});

test('all of a histogram is that histogram, and none of it is empty', () => {
  fc.assert(
    fc.property(scores, (all) => {
      expect(shareOf(histogramOf(all), 1)).toEqual(histogramOf(all));
      expect(shareOf(histogramOf(all), 0)).toEqual(histogramOf([]));
    }),
  );
});

test('histograms of two are that of both', () => {
  fc.assert(
    fc.property(scores, scores, (one, other) => {
      expect(addHistograms(histogramOf(one), histogramOf(other))).toEqual(histogramOf([...one, ...other]));
    }),
  );
});
