import * as library from '../../lib';

test('the public names', () => {
  expect(Object.keys(library).sort()).toEqual([
    'AlarmSeverity',
    'ApiAuthorization',
    'ApiFirewall',
    'BatchFormat',
    'BatchTransform',
    'Capacity',
    'CheckSeverity',
    'ContainerModel',
    'EndpointBase',
    'EndpointVariant',
    'InferenceAlarms',
    'InferenceApi',
    'InferenceChecks',
    'InferenceDashboard',
    'InferenceHandler',
    'InputSchema',
    'InstanceType',
    'Model',
    'ModelArtifact',
    'OnnxModel',
    'RealtimeEndpoint',
    'Rollout',
    'Routing',
    'Scaling',
    'ServerlessInference',
    'ServingAccelerator',
    'ServingImage',
  ]);
});
