import { Lazy } from 'aws-cdk-lib';
import { Capacity, InstanceType, RealtimeEndpoint } from '../../../lib';
import { tinyModel } from '../../fakes/models';
import { ofType, only, plain, testStack } from '../../helpers/synth';

const capacity = (rolloutFloor?: number) =>
  Capacity.instances({ type: InstanceType.M5_LARGE, min: 2, max: 8, rolloutFloor });

function deployed(...floors: (number | undefined)[]) {
  const stack = testStack();
  const [first, ...others] = floors;
  const endpoint = new RealtimeEndpoint(stack, 'Fraud', { model: tinyModel(), capacity: capacity(first) });
  others.forEach((floor, index) =>
    endpoint.addVariant(`other-${index}`, { model: tinyModel(), capacity: capacity(floor) }),
  );
  return { endpoint, template: plain(stack) };
}

test('without a floor nothing is scaled out before an update', () => {
  expect(ofType(deployed(undefined).template, 'Custom::EndpointScaleOut')).toEqual([]);
});

test('a floor is reached before the endpoint is updated, and anew with each configuration', () => {
  const { template } = deployed(4);
  const [[id, floor]] = ofType(template, 'Custom::EndpointScaleOut');
  const [[configId]] = ofType(template, 'AWS::SageMaker::EndpointConfig');
  expect(floor.Properties).toMatchObject({
    EndpointConfigName: { 'Fn::GetAtt': [configId, 'EndpointConfigName'] },
    Floors: [{ VariantName: 'AllTraffic', InstanceCount: 4 }],
  });
  expect(only(template, 'AWS::SageMaker::Endpoint').DependsOn).toEqual(expect.arrayContaining([id]));
});

test('it may change the number of instances of this one endpoint, and nothing else', () => {
  const { template } = deployed(4);
  const statements = ofType(template, 'AWS::IAM::Policy')
    .filter(([id]) => id.includes('ScaleOutFloor'))
    .flatMap(
      ([, { Properties }]) => (Properties as { PolicyDocument: { Statement: unknown[] } }).PolicyDocument.Statement,
    );
  expect(statements).toEqual([
    {
      Effect: 'Allow',
      Action: ['sagemaker:DescribeEndpoint', 'sagemaker:UpdateEndpointWeightsAndCapacities'],
      Resource: expect.objectContaining({ 'Fn::Join': expect.anything() as unknown }) as unknown,
    },
  ]);
});

test('each variant has its own floor, by one resource', () => {
  const { endpoint, template } = deployed(4, undefined, 8);
  expect(only(template, 'Custom::EndpointScaleOut').Properties).toMatchObject({
    Floors: [
      { VariantName: 'AllTraffic', InstanceCount: 4 },
      { VariantName: 'other-1', InstanceCount: 8 },
    ],
  });
  expect(endpoint.rolloutPlan.notes).toEqual(
    expect.arrayContaining([
      'before the new fleet is made, variant AllTraffic gets 4 instances if it has fewer',
      'before the new fleet is made, variant other-1 gets 8 instances if it has fewer',
    ]),
  );
});

test.each([3, 8])('a floor of %i among 2 to 8 is taken', (floor) => {
  expect(() => capacity(floor)).not.toThrow();
});

test.each([2, 9, 0])('a floor of %i among 2 to 8 is refused', (floor) => {
  expect(() => capacity(floor)).toThrow(
    /'rolloutFloor' is \d, allowed is more than 'min', which is 2, up to 'max', which is 8: set 'rolloutFloor' from 3 to 8/,
  );
});

test('a floor of a fixed number is refused', () => {
  expect(() => Capacity.instances({ type: InstanceType.M5_LARGE, min: 2, rolloutFloor: 3 })).toThrow(
    /leave 'rolloutFloor' out: the number is fixed/,
  );
});

test('a floor that is known only at deployment passes', () => {
  expect(() => capacity(Lazy.number({ produce: () => 1 }))).not.toThrow();
});
