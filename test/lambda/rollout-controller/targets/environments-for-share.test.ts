import { environmentsForShare } from '../../../../lambda/rollout-controller/targets/environments-for-share';

test.each([
  [5, 100, 12],
  [5, 10, 3],
  [20, 10, 7],
  [50, 10, 10],
  [100, 10, 10],
  [100, 1, 1],
  [1, 1, 1],
  [0, 10, 0],
  [50, 0, 0],
])(
  'a share of %d %% of what %d environments are ready for has %d, with some for bursts',
  (percent, all, environments) => {
    expect(environmentsForShare(percent, all)).toBe(environments);
  },
);
