import fc from 'fast-check';
import { isSuspicious, logEvidence } from '../../../lambda/rollout-judge/count-process';
import { likeliestRatio } from '../../../lambda/rollout-judge/likeliest-ratio';
import { overDispersion } from '../../../lambda/rollout-judge/over-dispersion';
import { BELOW, HALF_OCTAVE } from '../../../lambda/rollout-judge/ratio-grid';
import { ratioAtLeast, ratioBelow } from '../../../lambda/rollout-judge/ratio-bounds';
import { MAX_STRATA } from '../../../lambda/rollout-judge/strata';
import { processOf, type Row } from './counts';

const WORSE: Row[] = [
  [30, 570, 1, 1],
  [30, 570, 2, 0],
  [30, 570, 1, 1],
];
const ALIKE: Row[] = [
  [30, 570, 0, 3],
  [120, 480, 1, 2],
  [300, 300, 2, 2],
];
const BURSTS: Row[] = [
  [300, 5700, 0, 60],
  [300, 5700, 12, 50],
  [300, 5700, 1, 55],
  [300, 5700, 9, 48],
];

/** To nine digits after the point. */
const near = (value: number): unknown => expect.closeTo(value, 9);

// Computed from the formulas by another program.
test.each<[string, Row[], number, number[]]>([
  ['a worse version', WORSE, 1, [1.323444472771894, 5.84628917964296, 7.362111003736183]],
  ['a worse version, a quarter tolerated', WORSE, 1.25, [1.1513100474467801, 5.34885149979483, 6.630041248480331]],
  ['one as good', ALIKE, 1, [-0.9038395768338998, -1.0076322025708042, -1.4889243848400389]],
])('evidence of %s, minute by minute, is that of the formula', (_, rows, tolerated, expected) => {
  const seen = rows.map((_, at) => logEvidence(processOf(rows.slice(0, at + 1), tolerated), 1));
  expect(seen).toEqual(expected.map(near));
});

test('bursts are measured, and temper evidence, as the formulas have it', () => {
  const process = processOf(BURSTS);
  const ratio = likeliestRatio(process);
  const dispersion = overDispersion(process, ratio);
  expect([ratio, dispersion, logEvidence(process, 1), logEvidence(process, dispersion)]).toEqual(
    [1.9624413145539903, 3.132157181558508, 1.7744832504326178, -0.35735543353608024].map(near),
  );
});

test('the lower bound of the ratio is where evidence against it is just enough', () => {
  const rows: Row[] = [...WORSE, [30, 570, 3, 0]];
  const bound = ratioAtLeast(processOf(rows), 1, 1, 0.05);
  expect(bound).toBeCloseTo(9.57, 1);
  expect(logEvidence(processOf(rows, bound), 1)).toBeCloseTo(Math.log(20), 2);
});

test.each([
  [0.05, 212],
  [0.2, 69],
  [0.5, 51],
])(
  'with the candidate at %d of the requests, %i events as good as the baseline rule out twice as bad',
  (share, all) => {
    const bound = (events: number): number | null =>
      ratioBelow(processOf([[share * 1e6, (1 - share) * 1e6, share * events, (1 - share) * events]]), 1, 1);
    expect(bound(all + 1)).toBeLessThan(2);
    expect(bound(all - 2)).toBeGreaterThan(2);
  },
);

test.each([
  ['a sixteenth and less', [[500, 500, 0, 50]] as Row[], 0],
  ['more than 64 times', [[10, 9990, 5000, 0]] as Row[], 64],
])('a lower bound of %s is not told apart', (_, rows, expected) => {
  expect(ratioAtLeast(processOf(rows), 1, 1, 0.01)).toBe(expected);
});

const row = fc
  .tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 5000 }))
  .chain(([candidate, baseline]) =>
    fc.tuple(
      fc.constant(candidate),
      fc.constant(baseline),
      fc.integer({ min: 0, max: Math.min(candidate, 40) }),
      fc.integer({ min: 0, max: Math.min(baseline, 40) }),
    ),
  );
const rows = fc.array(row, { minLength: 1, maxLength: MAX_STRATA });
const swap = ([candidate, baseline, mine, others]: Row): Row => [baseline, candidate, others, mine];

test('to swap the arms turns every ratio round, and leaves the scatter as it is', () => {
  fc.assert(
    fc.property(rows, (minutes) => {
      const process = processOf(minutes);
      const swapped = processOf(minutes.map(swap));
      const log = ({ suspected, nodes }: typeof process, place: number): number =>
        suspected * place * HALF_OCTAVE - nodes[BELOW + place];
      for (let place = -BELOW; place <= BELOW; place++) {
        expect(log(swapped, place)).toBeCloseTo(log(process, -place), 8);
      }
      const ratio = likeliestRatio(process);
      expect(likeliestRatio(swapped) * ratio || 1).toBeCloseTo(1, 8);
      expect(overDispersion(swapped, likeliestRatio(swapped))).toBeCloseTo(overDispersion(process, ratio), 6);
    }),
  );
});

test('one more bad event of the candidate never is less evidence, one more of the baseline never more', () => {
  fc.assert(
    fc.property(rows, fc.nat(), (minutes, at) => {
      const place = at % minutes.length;
      const more = (mine: number, others: number): number =>
        logEvidence(
          processOf(
            minutes.map((one, index): Row =>
              index === place ? [one[0], one[1], one[2] + mine, one[3] + others] : one,
            ),
          ),
          1,
        );
      expect(more(1, 0)).toBeGreaterThanOrEqual(more(0, 0) - 1e-9);
      expect(more(0, 1)).toBeLessThanOrEqual(more(0, 0) + 1e-9);
    }),
  );
});

test('a minute that is told in two parts of the same shares is as much evidence', () => {
  const split = fc.tuple(row, fc.integer({ min: 2, max: 5 }), fc.nat(), fc.nat());
  fc.assert(
    fc.property(rows, split, (minutes, [[candidate, baseline, mine, others], times, a, b]) => {
      const whole: Row = [candidate * times, baseline * times, mine, others];
      const first: Row = [candidate, baseline, a % (mine + 1), b % (others + 1)];
      const rest: Row = [candidate * (times - 1), baseline * (times - 1), mine - first[2], others - first[3]];
      const parts = processOf([...minutes, first, rest]);
      expect(logEvidence(parts, 1)).toBeCloseTo(logEvidence(processOf([...minutes, whole]), 1), 8);
    }),
  );
});

test('evidence above 1 is never overlooked, and tempering never lifts it there', () => {
  fc.assert(
    fc.property(rows, fc.double({ min: 1, max: 20, noNaN: true }), (minutes, dispersion) => {
      const process = processOf(minutes);
      const plain = logEvidence(process, 1);
      const tempered = logEvidence(process, dispersion);
      expect(isSuspicious(process) || (plain <= 0 && tempered <= 0)).toBe(true);
      expect(tempered).toBeLessThanOrEqual(Math.max(0, plain) + 1e-9);
    }),
  );
});

test('at the likeliest ratio as many events are expected of the candidate as there were', () => {
  fc.assert(
    fc.property(rows, (minutes) => {
      const process = processOf(minutes);
      fc.pre(process.suspected > 0 && process.other > 0);
      const ratio = likeliestRatio(process);
      const expected = minutes.reduce((sum, [candidate, baseline, mine, others]) => {
        const odds = (ratio * candidate) / baseline;
        return sum + ((mine + others) * odds) / (1 + odds);
      }, 0);
      expect(expected / process.suspected).toBeCloseTo(1, 9);
    }),
  );
});

test('the likeliest ratio of very many minutes is off by parts of a thousand, though they are merged', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 200, maxLength: 400 }), (minutes) => {
      const process = processOf(minutes);
      expect(process.strata.shares.length).toBeLessThanOrEqual(MAX_STRATA);
      fc.pre(process.suspected > 0 && process.other > 0);
      const ratio = likeliestRatio(process);
      const expected = minutes.reduce((sum, [candidate, baseline, mine, others]) => {
        const odds = (ratio * candidate) / baseline;
        return sum + ((mine + others) * odds) / (1 + odds);
      }, 0);
      expect(Math.abs(expected / process.suspected - 1)).toBeLessThan(2e-3);
    }),
    { numRuns: 50 },
  );
});

test('events of one arm alone have a ratio at the end of the scale, and no scatter', () => {
  expect(likeliestRatio(processOf([[5, 95, 0, 7]]))).toBe(0);
  expect(likeliestRatio(processOf([[5, 95, 7, 0]]))).toBe(Infinity);
  expect(overDispersion(processOf([[5, 95, 7, 0]]), Infinity)).toBe(1);
  expect(overDispersion(processOf([]), 0)).toBe(1);
});
