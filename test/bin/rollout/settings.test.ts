import { askSettings, showSettings } from '../../../bin/rollout/settings';

const ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:Fraud-Controller';

test('the region is the one that is given, else that of the ARN', () => {
  const options = { wait: 20 };
  expect(askSettings('pause', ARN, options)).toMatchObject({ controller: ARN, region: 'eu-central-1' });
  expect(askSettings('pause', ARN, { ...options, region: 'eu-west-1' })).toMatchObject({ region: 'eu-west-1' });
  expect(askSettings('pause', 'Fraud-Controller', options).region).toBeUndefined();
  expect(askSettings('pause', undefined, { ...options, stack: 'Fraud', region: 'eu-west-1' })).toMatchObject({
    stack: 'Fraud',
    region: 'eu-west-1',
  });
});

test('what is left out is by the defaults', () => {
  expect(askSettings('resume', 'c', { wait: 20 })).toMatchObject({ kind: 'ask', verb: 'resume', reason: '' });
  expect(showSettings('c', { trail: 10, every: 5 })).toMatchObject({
    kind: 'show',
    json: false,
    watch: false,
    stopWhenWaiting: false,
  });
});
