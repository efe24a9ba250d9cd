/* eslint-disable @typescript-eslint/no-unsafe-member-access -- templates and documents are read as plain data */
import { Scaling, ServerlessInference, InferenceApi } from '../../../lib';
import { tinyModel } from '../../fakes/models';
import { dashboardBody } from '../../helpers/published-metrics';
import { only, plain, testStack } from '../../helpers/synth';

function titles(scaling?: Scaling, api = false): string[] {
  const stack = testStack();
  const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel(), scaling });
  if (api) {
    new InferenceApi(stack, 'Front', { inference });
  }
  return dashboardBody(only(plain(stack), 'AWS::CloudWatch::Dashboard')).widgets.map(
    ({ properties }) => properties.title as string,
  );
}

test('one row per question, alarms first', () => {
  expect(titles()).toEqual([
    'Alarms',
    'Latency: time to answer, ms',
    'Latency: inside the model, ms',
    'Requests: per minute',
    'Requests: instances per request',
    'Failures: ours',
    "Failures: the callers'",
    'Failures: turned away',
    'Saturation: concurrent executions',
    'Newest version: requests',
    'Newest version: failures',
    'Newest version: p99 of the time to answer, ms',
    'Predictions: average',
  ]);
});

test('provisioned environments are drawn where there are any', () => {
  expect(titles(Scaling.provisionedConcurrency({ min: 1 }))).toEqual(
    expect.arrayContaining([
      'Saturation: provisioned environments in use, share',
      'Saturation: requests that found none free',
    ]),
  );
});

test('an API adds its row', () => {
  expect(titles(undefined, true)).toEqual(
    expect.arrayContaining(['API Front: requests', 'API Front: refused and failed', 'API Front: time to answer, ms']),
  );
});
