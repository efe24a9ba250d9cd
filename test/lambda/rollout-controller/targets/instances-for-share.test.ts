import { instancesForAll, instancesForShare } from '../../../../lambda/rollout-controller/targets/instances-for-share';

test.each([
  [5, 4, 1],
  [20, 10, 2],
  [7, 100, 7],
  [50, 3, 2],
  [100, 12, 12],
  [0.1, 1, 1],
])('%d %% of the traffic of %d instances needs %d', (percent, all, needed) => {
  expect(instancesForShare(percent, all)).toBe(needed);
});

test('no share is served by relatively fewer instances than all of it', () => {
  for (let all = 1; all <= 60; all++) {
    for (let percent = 1; percent <= 100; percent++) {
      expect(instancesForShare(percent, all) / percent).toBeGreaterThanOrEqual(all / 100 - 1e-9);
    }
  }
});

const small = { instanceType: 'small', asked: 4 };

test('of the same type the candidate has as many as the live version, or what it asks for', () => {
  expect(instancesForAll({ ...small, now: 9 }, { ...small, asked: 2 }, 0)).toBe(9);
  expect(instancesForAll({ ...small, now: 9 }, { ...small, asked: 12 }, 0)).toBe(12);
  expect(instancesForAll({ ...small, now: 4 }, small, 6)).toBe(6);
});

test('of another type it has as many times what it asks for as the live version has', () => {
  const large = { instanceType: 'large', asked: 1 };
  expect(instancesForAll({ ...small, now: 4 }, large, 0)).toBe(1);
  expect(instancesForAll({ ...small, now: 10 }, large, 0)).toBe(3);
  expect(instancesForAll({ ...large, now: 2 }, small, 0)).toBe(8);
  expect(instancesForAll({ ...large, instanceType: undefined, now: 2 }, { ...small, instanceType: undefined }, 0)).toBe(
    8,
  );
});
