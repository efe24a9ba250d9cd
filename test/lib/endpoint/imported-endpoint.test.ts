import { Duration, Lazy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { InstanceType, RealtimeEndpoint } from '../../../lib';
import { identityStatements } from '../../helpers/statements';
import { ofType, plain, strings, testStack } from '../../helpers/synth';

function imported(name = 'theirs', options = {}) {
  const stack = testStack();
  return { stack, endpoint: RealtimeEndpoint.fromEndpointName(stack, 'Theirs', name, options) };
}

test('it creates nothing', () => {
  expect(plain(imported().stack).Resources ?? {}).toEqual({});
});

test('it has its name, its ARN in lower case, and metrics', () => {
  const { stack, endpoint } = imported('Theirs-1', { variantName: 'blue' });
  expect(strings(stack.resolve(endpoint.endpointArn))).toContain(':endpoint/theirs-1');
  expect(endpoint.metric('Invocations')).toMatchObject({
    namespace: 'AWS/SageMaker',
    dimensions: { EndpointName: 'Theirs-1', VariantName: 'blue' },
  });
});

test('it may be invoked by whom that is granted', () => {
  const { stack, endpoint } = imported();
  endpoint.grantInvoke(new iam.Role(stack, 'Caller', { assumedBy: new iam.AnyPrincipal() }));
  expect(identityStatements(plain(stack)).flatMap(({ actions }) => actions)).toEqual([
    'sagemaker:InvokeEndpoint',
    'sagemaker:InvokeEndpointWithResponseStream',
  ]);
});

describe('its alarms ', () => {
  const idsOf = (options = {}, settings = {}) => {
    const { stack, endpoint } = imported('theirs', options);
    const alarms = endpoint.addAlarms(settings);
    expect(ofType(plain(stack), 'AWS::CloudWatch::CompositeAlarm')).toHaveLength(1);
    return alarms.all.map(({ node }) => node.id);
  };

  test('are those of a running endpoint: nothing rolls back', () => {
    const ids = idsOf();
    expect(ids).toEqual(expect.arrayContaining(['ErrorRatio', 'LatencyP99', 'Memory', 'Disk']));
    expect(ids).not.toEqual(expect.arrayContaining(['Cpu']));
    expect(ids.filter((id) => id.startsWith('NewFleet'))).toEqual([]);
  });

  test('are on processors and GPUs where the type is known', () => {
    expect(idsOf({ instanceType: InstanceType.G5_2XLARGE })).toEqual(
      expect.arrayContaining(['Cpu', 'Gpu', 'GpuMemory']),
    );
  });

  test('have thresholds of yours, which are judged', () => {
    expect(idsOf({}, { noTrafficFor: Duration.hours(1) })).toContain('NoTraffic');
    expect(() => imported().endpoint.addAlarms({ maxErrorRatio: 2, minSamples: 0 })).toThrow(
      /alarm-error-ratio\][^]*alarm-samples\]/,
    );
  });
});

test('names are judged, together, unless they are known only at deployment', () => {
  expect(() => imported('-', { variantName: 'a b' })).toThrow(/endpoint-name\][^]*variant-name\]/);
  const token = Lazy.string({ produce: () => 'later' });
  expect(() => imported(token, { variantName: token })).not.toThrow();
});
