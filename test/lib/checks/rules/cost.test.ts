/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- templates are read as plain data */
import { family } from './families/cost';
import { foundIds, messagesOf } from './found-ids';

function changed(change: (resources: any) => void): any {
  const template = family.correct();
  template.Parameters.Any = { Type: 'String' };
  change(template.Resources);
  return template;
}

const unscaled = (resources: any): void => {
  delete resources.Instances;
  delete resources.FollowsRequests;
};

describe('a fleet that nothing scales', () => {
  const found = (variant: Record<string, unknown>, more: (resources: any) => void = () => undefined) =>
    messagesOf(
      'cost-fleet-fixed',
      changed((resources) => {
        unscaled(resources);
        Object.assign(resources.ChatConfig.Properties.ProductionVariants[0], variant);
        more(resources);
      }),
    );

  test('costs while nobody asks, from two instances on that have a GPU or are as dear', () => {
    expect(found({})).toEqual(["variant 'main' runs 2 x ml.g6e.2xlarge day and night, and nothing scales it"]);
    expect(found({ InitialInstanceCount: 1 })).toEqual([]);
    expect(found({ InstanceType: 'ml.g4dn.xlarge' })).toHaveLength(1);
    expect(found({ InstanceType: 'ml.m5.xlarge' })).toEqual([]);
    expect(found({ InstanceType: 'ml.m5.12xlarge' })).toHaveLength(1);
  });

  test('may be scaled by what only the deployment knows, or by itself', () => {
    expect(found({ InitialInstanceCount: { Ref: 'Any' } })).toEqual([]);
    expect(found({ InstanceType: { Ref: 'Any' } })).toEqual([]);
    expect(found({ ManagedInstanceScaling: { Status: 'ENABLED' } })).toEqual([]);
    const target = (ResourceId: unknown) => (resources: any) =>
      (resources.Instances = {
        Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
        Properties: { ServiceNamespace: 'sagemaker', ResourceId },
      });
    expect(found({}, target({ Ref: 'Any' }))).toEqual([]);
    expect(found({}, target({ 'Fn::Sub': 'endpoint/${Any}/variant/main' }))).toEqual([]);
    expect(found({}, target('endpoint/other/variant/main'))).toHaveLength(1);
    expect(found({}, target('inference-component/other'))).toHaveLength(1);
  });

  test('is none where no endpoint runs the configuration', () => {
    expect(found({}, ({ Chat }) => (Chat.Properties.EndpointConfigName = 'other'))).toEqual([]);
  });
});

describe('a budget', () => {
  const found = (most: unknown, more: (resources: any) => void = () => undefined) =>
    messagesOf(
      'cost-no-budget',
      changed((resources) => {
        resources.Instances.Properties.MaxCapacity = most;
        more(resources);
      }),
    );

  test('belongs to more than twenty thousand dollars a month', () => {
    // An hour of one costs $2.8026.
    expect(found(9)).toEqual([]);
    expect(found(10)).toEqual([
      'with all instances it may have, the endpoint costs about $20,459 a month in us-east-1, and the app has no budget',
    ]);
    expect(found({ Ref: 'Any' })).toEqual([]);
  });

  test('or an alarm on costs that are not as usual may be anywhere in the app', () => {
    const with_ = (Type: string) => found(100, (resources) => (resources.Money = { Type, Properties: {} }));
    expect(with_('AWS::Budgets::Budget')).toEqual([]);
    expect(with_('AWS::CE::AnomalySubscription')).toEqual([]);
  });

  test('belongs to dear instances that nothing scales, and to those that scale themselves', () => {
    expect(
      found(1, ({ SharedConfig }) => {
        const [variant] = SharedConfig.Properties.ProductionVariants;
        variant.InstanceType = 'ml.p5.48xlarge';
      }),
    ).toHaveLength(1);
  });
});

describe('instances that may go to zero', () => {
  const found = (change: (resources: any) => void) => messagesOf('cost-zero-held', changed(change));

  test('are held by a copy that nothing scales', () => {
    const unscaledCopies = (count: unknown) =>
      found((resources) => {
        delete resources.Copies;
        delete resources.FollowsCopies;
        resources.Component.Properties.RuntimeConfig.CopyCount = count;
      });
    expect(unscaledCopies(1)).toEqual([
      "MinInstanceCount is 0, and 'Component' always has a copy, which needs an instance",
    ]);
    expect(unscaledCopies(0)).toEqual([]);
    expect(unscaledCopies({ Ref: 'Any' })).toEqual([]);
  });

  test('are not held by adapters, nor by copies whose number is not known', () => {
    expect(
      found(({ Copies, Component }) => {
        Copies.Properties.MinCapacity = 1;
        Component.Properties.Specification.BaseInferenceComponentName = 'base';
      }),
    ).toEqual([]);
    expect(found(({ Copies }) => (Copies.Properties.MinCapacity = { Ref: 'Any' }))).toEqual([]);
    expect(
      found(({ Copies }) => {
        Copies.Properties.MinCapacity = 1;
        Copies.Properties.ResourceId = { 'Fn::Sub': 'inference-component/${Component.InferenceComponentName}' };
      }),
    ).toHaveLength(1);
  });
});

describe('what functions keep ready', () => {
  const found = (count: unknown, more: (resources: any) => void = () => undefined) =>
    messagesOf(
      'cost-provisioned-fixed',
      changed((resources) => {
        resources.Live.Properties.ProvisionedConcurrencyConfig = { ProvisionedConcurrentExecutions: count };
        more(resources);
      }),
    );

  test('follows its traffic from ten GiB on', () => {
    expect(found(4)).toEqual([]);
    expect(found(5)).toEqual([
      'ProvisionedConcurrentExecutions keeps 5 x 2048 MB ready day and night, and nothing scales it',
    ]);
    const small = ({ Function }: any): boolean => delete Function.Properties.MemorySize;
    expect(found(79, small)).toEqual([]);
    expect(found(80, small)).toHaveLength(1);
    expect(found({ Ref: 'Any' })).toEqual([]);
    expect(found(5, ({ Function }) => (Function.Properties.MemorySize = { Ref: 'Any' }))).toEqual([]);
  });

  test('may be scaled', () => {
    const scaled = (ResourceId: unknown, ScalableDimension: unknown = 'lambda:function:ProvisionedConcurrency') =>
      found(5, (resources) => {
        resources.Ready = {
          Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
          Properties: { ResourceId, ScalableDimension },
        };
      });
    expect(scaled({ 'Fn::Sub': 'function:${Function}:live' })).toEqual([]);
    expect(scaled({ 'Fn::Sub': 'function:${Function}:other' })).toHaveLength(1);
    expect(scaled({ Ref: 'Any' })).toEqual([]);
    expect(scaled({ Ref: 'Any' }, 'sagemaker:variant:DesiredInstanceCount')).toHaveLength(1);
  });
});

test('a schedule that sets nothing back is found, one that runs once or is not known is not', () => {
  const found = (actions: unknown) =>
    messagesOf(
      'cost-schedule-only-up',
      changed(({ Instances }) => (Instances.Properties.ScheduledActions = actions)),
    );
  const action = (MinCapacity: unknown, Schedule: unknown = 'cron(0 6 * * ? *)') => ({
    Schedule,
    ScalableTargetAction: { MinCapacity },
  });
  expect(found([action(4)])).toEqual(['MinCapacity is 1, ScheduledActions set it to 4, and none of them sets it back']);
  expect(found([action(4), action(4, 'rate(1 day)')])).toHaveLength(1);
  expect(found([action(1)])).toEqual([]);
  expect(found([action(4), action(2)])).toEqual([]);
  expect(found([action(4), action(undefined)])).toEqual([]);
  expect(found([action(4), { Ref: 'Any' }])).toEqual([]);
  expect(found([action(4, 'at(2027-01-01T00:00:00)')])).toEqual([]);
  expect(found([action(4), action(4, 'at(2027-01-01T00:00:00)')])).toEqual([]);
  expect(found([])).toEqual([]);
});

test('a bucket whose rules are not all known is not judged', () => {
  const rules = (value: unknown) =>
    foundIds(changed(({ Captured }) => (Captured.Properties.LifecycleConfiguration = value)));
  expect(rules({ Ref: 'Any' })).toEqual([]);
  expect(rules({ Rules: [{ Ref: 'Any' }] })).toEqual([]);
  expect(rules({ Rules: [{ Status: 'Enabled', Prefix: 'a' }, { Ref: 'Any' }] })).toEqual([]);
  expect(rules(undefined)).toEqual(['cost-versions-forever', 'cost-requests-forever']);
  expect(rules({ Rules: [{ Status: 'Enabled', Transitions: [{}] }] })).toEqual(['cost-versions-forever']);
});

describe('a NAT gateway', () => {
  const found = (change: (resources: any) => void) => messagesOf('cost-nat-for-s3', changed(change));

  test('is not used for S3 where an endpoint may be there', () => {
    expect(found(({ S3 }) => (S3.Properties.ServiceName = { Ref: 'Any' }))).toEqual([]);
    expect(found(({ S3 }) => (S3.Properties.ServiceName = 'com.amazonaws.eu-west-1.dynamodb'))).toEqual([
      "'Model' reads its files from S3 through this gateway, which costs by the gigabyte",
    ]);
  });

  test('is not judged where no model is in its network', () => {
    expect(
      found((resources) => {
        delete resources.S3;
        resources.Private.Properties.VpcId = 'vpc-1';
      }),
    ).toEqual([]);
  });
});
