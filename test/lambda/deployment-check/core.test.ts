import { explainMismatch, isAsAsked, isUndecided } from '../../../lambda/deployment-check/core';

const NOTHING = { wentOff: [], unread: [] };
const state = (status: string, configName: string, failureReason?: string) => ({ status, configName, failureReason });
const wentOff = (alarmName: string, at: string) => ({ alarmName, at: new Date(at), reason: `${alarmName} is bad` });

// https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html
test.each(['Creating', 'Updating', 'SystemUpdating', 'RollingBack'])('%s is no outcome yet', (status) => {
  expect(isUndecided(state(status, 'new'))).toBe(true);
});

test.each(['InService', 'OutOfService', 'Failed', 'UpdateRollbackFailed', 'Deleting', 'unknown'])(
  '%s is an outcome',
  (status) => {
    expect(isUndecided(state(status, 'new'))).toBe(false);
  },
);

test('only in service with the configuration that was asked for is as asked', () => {
  expect(isAsAsked('new', state('InService', 'new'))).toBe(true);
  expect(isAsAsked('new', state('InService', 'old'))).toBe(false);
  expect(isAsAsked('new', state('Failed', 'new'))).toBe(false);
});

test('a silent rollback is called one, with the alarms, newest first', () => {
  expect(
    explainMismatch('fraud', 'new', state('InService', 'old'), {
      wentOff: [wentOff('Errors', '2026-11-01T10:00:00Z'), wentOff('Latency', '2026-11-01T11:00:00Z')],
      unread: [],
    }),
  ).toBe(
    'the endpoint fraud was rolled back by SageMaker: it serves with the configuration old, and this deployment asked for new. ' +
      'went off: alarm Latency at 2026-11-01T11:00:00.000Z (Latency is bad); alarm Errors at 2026-11-01T10:00:00.000Z (Errors is bad)',
  );
});

test("a failure is told in SageMaker's words", () => {
  expect(explainMismatch('fraud', 'new', state('Failed', 'new', 'no capacity'), NOTHING)).toBe(
    'the endpoint fraud is Failed with the configuration new, and this deployment asked for new. no capacity',
  );
});

test('where nothing went off, the logs are named', () => {
  expect(explainMismatch('fraud', 'new', state('InService', 'old', ''), NOTHING)).toMatch(
    /No rollback alarm went off: look at the logs of the new containers$/,
  );
});

test('where a history could not be read, nothing is claimed of it', () => {
  const reason = explainMismatch('fraud', 'new', state('InService', 'old'), {
    wentOff: [],
    unread: ['Errors', 'Latency'],
  });
  expect(reason).toContain('what these alarms did could not be read: Errors, Latency');
  expect(reason).not.toContain('No rollback alarm');
});
