import fc from 'fast-check';
import { momentsOf, wallTime } from '../../../lambda/batch-watch/wall-clock';

const shown = (moments: number[]) => moments.map((moment) => new Date(moment).toISOString());

test.each([
  ['UTC', '2026-06-01T02:00:00', ['2026-06-01T02:00:00.000Z']],
  ['Europe/Zurich', '2026-06-01T02:00:00', ['2026-06-01T00:00:00.000Z']],
  ['Asia/Kolkata', '2026-06-01T02:00:00', ['2026-05-31T20:30:00.000Z']],
  ['Pacific/Kiritimati', '2026-06-01T02:00:00', ['2026-05-31T12:00:00.000Z']],
])('in %s it is %s at', (zone, wall, moments) => {
  expect(shown(momentsOf(Date.parse(`${wall}Z`), zone))).toEqual(moments);
});

test.each([
  ['America/New_York', '2026-03-08T02:30:00'],
  ['Europe/Zurich', '2026-03-29T02:00:00'],
  ['Australia/Lord_Howe', '2026-10-04T02:15:00'],
  // A whole day was left out when the islands changed sides of the date line.
  ['Pacific/Apia', '2011-12-30T12:00:00'],
])('clocks in %s leave out %s', (zone, wall) => {
  expect(momentsOf(Date.parse(`${wall}Z`), zone)).toEqual([]);
});

test.each([
  ['America/New_York', '2026-11-01T01:30:00', ['2026-11-01T05:30:00.000Z', '2026-11-01T06:30:00.000Z']],
  ['Europe/Zurich', '2026-10-25T02:00:00', ['2026-10-25T00:00:00.000Z', '2026-10-25T01:00:00.000Z']],
  ['Australia/Lord_Howe', '2026-04-05T01:45:00', ['2026-04-04T14:45:00.000Z', '2026-04-04T15:15:00.000Z']],
])('in %s it is %s twice', (zone, wall, moments) => {
  expect(shown(momentsOf(Date.parse(`${wall}Z`), zone))).toEqual(moments);
});

test('whatever clocks show, they show it at the moment at which they show it', () => {
  const zones = [
    'UTC',
    'America/New_York',
    'Europe/Zurich',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'America/Sao_Paulo',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: Date.UTC(2015, 0, 1) / 1000, max: Date.UTC(2035, 0, 1) / 1000 }),
      (zone, seconds) => {
        expect(momentsOf(wallTime(seconds * 1000, zone), zone)).toContain(seconds * 1000);
      },
    ),
    { numRuns: 500 },
  );
});
