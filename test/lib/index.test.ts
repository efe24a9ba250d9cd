import * as library from '../../lib';

test('the public names', () => {
  expect(Object.keys(library).sort()).toEqual([
    'AlarmSeverity',
    'ApiAuthorization',
    'ApiFirewall',
    'InferenceAlarms',
    'InferenceApi',
    'InferenceDashboard',
    'InferenceHandler',
    'InputSchema',
    'Model',
    'ModelArtifact',
    'Rollout',
    'Scaling',
    'ServerlessInference',
  ]);
});
