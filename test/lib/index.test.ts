import * as library from '../../lib';

test('the public names', () => {
  expect(Object.keys(library).sort()).toEqual([
    'AlarmSeverity',
    'ApiAuthorization',
    'ApiFirewall',
    'ContainerModel',
    'InferenceAlarms',
    'InferenceApi',
    'InferenceDashboard',
    'InferenceHandler',
    'InputSchema',
    'InstanceType',
    'Model',
    'ModelArtifact',
    'OnnxModel',
    'Rollout',
    'Scaling',
    'ServerlessInference',
    'ServingAccelerator',
    'ServingImage',
  ]);
});
