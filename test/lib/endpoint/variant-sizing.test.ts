import { Duration, Lazy, Size } from 'aws-cdk-lib';
import { longestStart, startupTimes, volumeFor } from '../../../lib/endpoint/variant-sizing';

const times = (size: Size | undefined, given = {}) => {
  const { download, startup } = startupTimes(size, given);
  return [download.toSeconds(), startup.toSeconds()];
};

test.each([
  [undefined, 300, 480],
  [Size.mebibytes(1), 301, 481],
  [Size.gibibytes(1), 320, 510],
  [Size.gibibytes(60), 1500, 2280],
  [Size.gibibytes(104), 2380, 3600],
  [Size.gibibytes(1000), 3600, 3600],
])(
  'a model of %p may take %p seconds to fetch and %p to load, never more than SageMaker allows',
  (size, download, startup) => {
    expect(times(size)).toEqual([download, startup]);
  },
);

test('what is given wins', () => {
  expect(times(Size.gibibytes(60), { downloadTimeout: Duration.minutes(1) })).toEqual([60, 2280]);
  expect(times(Size.gibibytes(60), { startupTimeout: Duration.minutes(2) })).toEqual([1500, 120]);
});

test('a size that is known only at deployment counts as none', () => {
  expect(times(Size.gibibytes(Lazy.number({ produce: () => 5 })))).toEqual([300, 480]);
});

test('a time that is known only at deployment may be as long as SageMaker allows', () => {
  const token = Duration.seconds(Lazy.number({ produce: () => 5 }));
  expect(longestStart({ download: token, startup: Duration.minutes(1) }).toSeconds()).toBe(3660);
  expect(longestStart({ download: Duration.minutes(2), startup: Duration.minutes(1) }).toSeconds()).toBe(180);
});

test.each([
  [undefined, undefined],
  [Size.gibibytes(15), undefined],
  [Size.gibibytes(15.5), 41],
  [Size.gibibytes(16), 42],
  [Size.gibibytes(251), 512],
  [Size.gibibytes(900), 512],
])('for a model of %p the disk has %p GiB', (size, gib) => {
  expect(volumeFor(size)).toBe(gib);
});
