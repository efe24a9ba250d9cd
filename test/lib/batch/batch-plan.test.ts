import { Rollout } from '../../../lib';
import { batchPlan, judgedPercent } from '../../../lib/batch/batch-plan';

test('a canary is the share of the objects that is judged', () => {
  const rollout = Rollout.canary({ percent: 20 });
  expect(judgedPercent(rollout)).toBe(20);
  const plan = batchPlan(rollout);
  expect(plan.strategy).toBe('canary 20 % of the objects, judged');
  expect(plan.steps.map(({ percent }) => percent)).toEqual([20, 100]);
  expect(plan.watches).toHaveLength(2);
});

test('all at once is no judgement', () => {
  expect(judgedPercent(Rollout.allAtOnce())).toBe(0);
  const plan = batchPlan(Rollout.allAtOnce());
  expect(plan.strategy).toBe('all at once');
  expect(plan.steps.map(({ percent }) => percent)).toEqual([100]);
  expect(plan.watches).toEqual([]);
});

test('nothing has to be taken back: readers see the run before until one is accepted', () => {
  const plan = batchPlan(Rollout.canary({ percent: 20 }));
  expect(plan.timeToRollBack.toSeconds()).toBe(0);
  expect(plan.notes[0]).toContain('current.json');
});
