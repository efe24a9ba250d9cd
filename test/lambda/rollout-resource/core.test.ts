import type { Outcome, Phase, Reason, Rollout, RolloutItem } from '../../../lambda/rollout/contract';
import {
  explained,
  progressOf,
  type ResourceProgress,
  type ResourceRequest,
} from '../../../lambda/rollout-resource/core';
import { CONTROLLER, itemOf, propertiesOf, rolling } from './items';

const MINUTE = 60_000;
const HINT = 'look at: inference-patterns rollout status Stack-Controller';

function asked(type: ResourceRequest['type'], version: string, waitSeconds = '0'): ResourceRequest {
  return { type, id: CONTROLLER, properties: propertiesOf(version, { waitSeconds }), since: 0 };
}

const done = (outcome: Outcome, text = 'because', code: Reason['code'] = 'judged'): Partial<Rollout> => ({
  phase: 'done',
  outcome,
  reason: { code, text },
});
const kind = (request: ResourceRequest, item: RolloutItem | undefined, now = MINUTE): string =>
  progressOf(request, item, now).kind;
const text = (progress: ResourceProgress): string => (progress.kind === 'complete' ? '' : progress.text);

describe('a first deployment', () => {
  const create = asked('Create', '1');
  const begun = (change: Partial<Rollout>): RolloutItem => rolling(itemOf('1'), change);

  test.each<Phase>(['checking', 'creating', 'cleaning'])('is waited for while it is %s', (phase) => {
    expect(kind(create, itemOf('1'))).toBe('waiting');
    expect(kind(create, begun({ phase, outcome: phase === 'cleaning' ? 'promoted' : undefined }))).toBe('waiting');
  });

  test('is there with its live version', () => {
    expect(kind(create, begun(done('promoted')))).toBe('complete');
  });

  test.each<[Outcome, string]>([
    ['rolled-back', 'it was rolled back: example 2 of 3: 0.7 instead of 0.4'],
    ['failed', 'it failed, and there is no version to go back to: example 2 of 3: 0.7 instead of 0.4'],
    ['gone', 'somebody else has deleted what it was to serve: example 2 of 3: 0.7 instead of 0.4'],
  ])('that ends %s fails, with the reason and what to look at', (outcome, reason) => {
    const progress = progressOf(create, begun(done(outcome, 'example 2 of 3: 0.7 instead of 0.4')), MINUTE);
    expect(progress).toEqual({ kind: 'failed', text: `version 1 of 'fraud:live': ${reason}. ${HINT}` });
  });

  test('that cannot be made fails with the error, not before it had time to mend itself', () => {
    const trouble = { count: 10, since: 0, last: 'create: AccessDeniedException: no' };
    const item = begun({ phase: 'creating', trouble });
    expect(kind(create, item, 9 * MINUTE)).toBe('waiting');
    expect(text(progressOf(create, item, 10 * MINUTE))).toBe(
      `version 1 of 'fraud:live': 10 times in a row: create: AccessDeniedException: no. the controller goes on trying; ${HINT}`,
    );
    expect(kind(create, begun({ phase: 'creating', trouble: { ...trouble, count: 9 } }), 60 * MINUTE)).toBe('waiting');
  });

  test('that cannot begin, as nothing can be seen, fails with the error as well', () => {
    const blind = { count: 12, since: 0, last: 'reading the target: AccessDeniedException: no' };
    expect(text(progressOf(create, { ...itemOf('1'), blind }, 10 * MINUTE))).toContain(
      '12 times in a row: reading the target: AccessDeniedException: no',
    );
  });

  test('that nobody begins, as its controller fails, fails with where to look', () => {
    expect(kind(create, itemOf('1'), 9 * MINUTE)).toBe('waiting');
    expect(text(progressOf(create, itemOf('1'), 10 * MINUTE))).toBe(
      `version 1 of 'fraud:live': its controller has not looked at it for 10 minutes. look at the logs of the function Stack-Controller; ${HINT}`,
    );
  });

  test('after an earlier deployment of that name was deleted, it is a first one', () => {
    const removed = rolling(itemOf(undefined, rolling(itemOf('7'), done('promoted'))), {
      ...done('removed'),
      baseline: '7',
    });
    const again = itemOf('1', removed);
    expect(kind(create, again)).toBe('waiting');
    expect(kind(create, rolling(again, { phase: 'checking' }))).toBe('waiting');
    expect(kind(create, rolling(again, done('promoted')))).toBe('complete');
  });
});

describe('a target that was there before the resource was created', () => {
  test('is taken over as by an update, and fails for no verdict', () => {
    const create = asked('Create', '2');
    const begun = (change: Partial<Rollout>): RolloutItem => rolling(itemOf('2'), { baseline: '1', ...change });
    expect(kind(create, itemOf('2'))).toBe('waiting');
    expect(kind(create, begun({ phase: 'checking' }))).toBe('complete');
    expect(kind(create, begun(done('rolled-back')))).toBe('complete');
  });

  test('with the version that is live already it is there at once', () => {
    const item = rolling(itemOf('1'), { baseline: '1', ...done('unchanged') });
    expect(kind(asked('Create', '1'), item)).toBe('complete');
  });
});

describe('an update that does not wait', () => {
  const live = rolling(itemOf('1'), done('promoted'));
  const update = asked('Update', '2');
  const next = (change: Partial<Rollout>): RolloutItem => rolling(itemOf('2', live), { baseline: '1', ...change });

  test('is waited for until a tick has seen it', () => {
    expect(progressOf(update, itemOf('2', live), MINUTE)).toEqual({ kind: 'waiting', text: 'it has not begun' });
  });

  test.each<Phase>(['checking', 'staging', 'shifting', 'baking', 'promoting', 'retreating', 'cleaning', 'done'])(
    'is there while its rollout is %s',
    (phase) => {
      const outcome = phase === 'done' ? 'rolled-back' : undefined;
      expect(kind(update, next({ phase, outcome }))).toBe('complete');
    },
  );

  test('during a rollout of an earlier version it is there when that takes no traffic', () => {
    const third = itemOf('3', next({ phase: 'baking', step: 0, shifts: [{ step: 0, minute: 1 }] }));
    const request = asked('Update', '3');
    expect(progressOf(request, third, MINUTE)).toEqual({ kind: 'waiting', text: 'version 2 is baking at 5 %' });
    expect(kind(request, { ...third, rollout: { ...third.rollout!, phase: 'retreating' } })).toBe('waiting');
    expect(kind(request, { ...third, rollout: { ...third.rollout!, ...done('rolled-back') } })).toBe('waiting');
    expect(kind(request, rolling(third, { baseline: '1' }))).toBe('complete');
  });

  test('back to the version that is live, as when CloudFormation rolls back, it is there when the candidate takes no traffic', () => {
    const back = itemOf('1', next({ phase: 'baking', step: 0, shifts: [{ step: 0, minute: 1 }] }));
    const request = asked('Update', '1');
    expect(kind(request, back)).toBe('waiting');
    expect(kind(request, { ...back, rollout: { ...back.rollout!, phase: 'retreating' } })).toBe('waiting');
    const begun = rolling(back, { baseline: '1', phase: 'retreating', outcome: 'unchanged' });
    expect(kind(request, begun)).toBe('waiting');
    expect(kind(request, { ...begun, rollout: { ...begun.rollout!, phase: 'done' } })).toBe('complete');
  });

  test('with the version that was desired before, whatever became of that, it is there', () => {
    expect(kind(update, next(done('rolled-back')))).toBe('complete');
  });

  test('while traffic cannot be taken back, it fails with the error', () => {
    const before = next({ phase: 'retreating', trouble: { count: 200, since: 0, last: 'retreat: Denied: no' } });
    expect(text(progressOf(asked('Update', '1'), itemOf('1', before), 11 * MINUTE))).toContain('retreat: Denied: no');
  });
});

describe('an update that waits', () => {
  const live = rolling(itemOf('1'), done('promoted'));
  const update = asked('Update', '2', '1800');
  const next = (change: Partial<Rollout>): RolloutItem => rolling(itemOf('2', live), { baseline: '1', ...change });

  test.each<Phase>(['checking', 'staging', 'shifting', 'baking', 'promoting', 'retreating', 'cleaning'])(
    'goes on while its rollout is %s',
    (phase) => {
      expect(kind(update, next({ phase }))).toBe('waiting');
    },
  );

  test.each<Outcome>(['promoted', 'unchanged'])('%s is what it waits for', (outcome) => {
    expect(kind(update, next(done(outcome)))).toBe('complete');
  });

  test.each<[Outcome, string]>([
    ['rolled-back', 'it was rolled back: fast-path at 5 %: errors: 40 of 60 against 1 of 1140'],
    ['failed', 'there is no version to go back to'],
    ['gone', 'somebody else has deleted what it was to serve'],
    ['removed', 'removed: fast-path'],
  ])('%s fails it, with the numbers', (outcome, reason) => {
    const item = next(done(outcome, 'fast-path at 5 %: errors: 40 of 60 against 1 of 1140'));
    const progress = progressOf(update, item, MINUTE);
    expect(progress.kind).toBe('failed');
    expect(text(progress)).toContain(reason);
    expect(text(progress)).toContain("version 2 of 'fraud:live'");
    expect(text(progress)).toContain(HINT);
  });

  test('over its time it fails, and says where the rollout is', () => {
    const paused = next({
      phase: 'baking',
      step: 0,
      shifts: [{ step: 0, minute: 1 }],
      pause: { why: 'inconclusive', since: 0, by: 'the judge', reason: 'too little to say at 5 %: samples' },
    });
    expect(kind(update, paused, 1800_000)).toBe('waiting');
    expect(text(progressOf(update, paused, 1801_000))).toBe(
      `version 2 of 'fraud:live': after 1800 seconds its rollout has not come to an end: version 2 is baking at 5 %; it is paused: too little to say at 5 %: samples. ${HINT}`,
    );
  });

  test('back to the version that is live it waits until that is so', () => {
    const back = itemOf('1', next({ phase: 'retreating' }));
    expect(kind(asked('Update', '1', '1800'), back)).toBe('waiting');
    expect(kind(asked('Update', '1', '1800'), rolling(back, { baseline: '1', ...done('unchanged') }))).toBe('complete');
  });
});

describe('a deletion', () => {
  const live = rolling(itemOf('1'), done('promoted'));
  const gone = itemOf(undefined, live);
  const remove = asked('Delete', '1');

  test('of what was never there is done', () => {
    expect(kind(remove, undefined)).toBe('complete');
  });

  test('is waited for until all is removed', () => {
    expect(kind(remove, gone)).toBe('waiting');
    expect(kind(remove, rolling(gone, { phase: 'cleaning', outcome: 'removed', baseline: '1' }))).toBe('waiting');
    expect(kind(remove, rolling(gone, { baseline: '1', ...done('removed') }))).toBe('complete');
  });

  test('that cannot be done fails with the error', () => {
    const trouble = { count: 15, since: 0, last: 'remove: AccessDeniedException: no' };
    const item = rolling(gone, { phase: 'cleaning', outcome: 'removed', baseline: '1', trouble });
    expect(text(progressOf(remove, item, 20 * MINUTE))).toContain(
      "deletion of 'fraud:live': 15 times in a row: remove: AccessDeniedException: no",
    );
  });

  test('of a resource that was replaced is done, and changes nothing', () => {
    const item = { ...live, owner: { id: 'Stack-NewController' } };
    expect(kind(remove, item)).toBe('complete');
    expect(kind({ ...remove, id: 'Stack-NewController' }, { ...gone, owner: { id: 'Stack-NewController' } })).toBe(
      'waiting',
    );
  });

  test('that somebody overtook says so', () => {
    expect(text(progressOf(remove, live, MINUTE))).toContain('version 1 is desired again');
  });
});

test('what is not desired any more is not waited for', () => {
  const live = rolling(itemOf('1'), done('promoted'));
  expect(text(progressOf(asked('Update', '2'), itemOf('3', live), MINUTE))).toContain(
    'version 3 is what is desired by now',
  );
  expect(text(progressOf(asked('Update', '1'), itemOf(undefined, live), MINUTE))).toContain(
    'its deletion is what is desired by now',
  );
  expect(text(progressOf(asked('Update', '2'), undefined, MINUTE))).toContain(
    'there is no item of it in the table rollouts. somebody has deleted it: deploy again',
  );
});

test('a reason that is long is cut, and what to do is not', () => {
  const told = explained('Update', propertiesOf('2'), 'x'.repeat(2000));
  expect(told).toHaveLength(900);
  expect(told).toMatch(
    /^version 2 of 'fraud:live': x+\.\.\.\. look at: inference-patterns rollout status Stack-Controller$/,
  );
});
