/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates are read as plain data */
import type { Edit } from './change-family';
import { changes, idsOf, template } from './compare';
import { family as stores } from './families/store-changes';

describe('what is deleted', () => {
  const orders = (edit: Edit) => template(stores.correct, (t) => delete t.Resources.ReadsOrders, edit);
  const without = orders((t) => delete t.Resources.Orders);

  test.each(['Retain', 'RetainExceptOnCreate', { 'Fn::If': ['Same', 'Retain', 'Retain'] }])(
    'is not spoken of when its DeletionPolicy was %j',
    (policy) => {
      expect(
        idsOf(
          orders((t) => (t.Resources.Orders.DeletionPolicy = policy)),
          without,
        ),
      ).toEqual([]);
    },
  );

  test('is spoken of when it is to be retained only by the new template, or is another type now', () => {
    const old = orders((t) => (t.Resources.Orders.DeletionPolicy = 'Delete'));
    expect(idsOf(old, without)).toEqual(['change-store-deleted']);
    const other = orders((t) => (t.Resources.Orders = { Type: 'AWS::SNS::Topic', DeletionPolicy: 'Retain' }));
    expect(idsOf(old, other)).toEqual(['change-store-deleted']);
  });

  test('is spoken of when a condition certainly turns it off, and not when that is open', () => {
    const conditional = (condition: unknown) =>
      orders((t) => {
        t.Conditions = { On: condition };
        t.Resources.Orders.Condition = 'On';
      });
    const on = conditional({ 'Fn::Equals': ['prod', 'prod'] });
    const off = conditional({ 'Fn::Equals': ['prod', 'test'] });
    const open = conditional({ 'Fn::Equals': ['prod', { Ref: 'Any' }] });
    expect(idsOf(on, off)).toEqual(['change-store-deleted']);
    expect(idsOf(open, off)).toEqual(['change-store-deleted']);
    expect([idsOf(on, open), idsOf(open, on), idsOf(off, on), idsOf(off, open)].flat()).toEqual([]);
  });

  test('is not deleted while another one takes its name: that is refused, whether it is retained or not', () => {
    const named = (policy: string) =>
      orders((t) => (Object.assign(t.Resources.Orders, { DeletionPolicy: policy }).Properties.TableName = 'orders'));
    const moved = orders((t) => {
      t.Resources.Moved = t.Resources.Orders;
      t.Resources.Moved.Properties.TableName = 'orders';
      delete t.Resources.Orders;
    });
    expect(changes(named('Delete'), moved).map(({ rule, message }) => [rule.id, message])).toEqual([
      ['change-name-taken', expect.stringContaining('Moved, which is new, has its name')],
    ]);
    expect(idsOf(named('Retain'), moved)).toEqual(['change-name-taken']);
  });

  test('says whether it goes with what is in it', () => {
    const bucket = { Resources: { Bucket: { Type: 'AWS::S3::Bucket' } } };
    expect(changes(bucket, { Resources: {} })[0].message).toContain('S3 Bucket is deleted where it is empty');
    expect(
      changes(
        orders(() => undefined),
        without,
      )[0].message,
    ).toContain('DynamoDB Table is deleted with what is in it');
  });
});

describe('what is replaced', () => {
  const table = (properties: object, policy?: string) => ({
    Resources: { Table: { Type: 'AWS::DynamoDB::Table', Properties: properties, UpdateReplacePolicy: policy } },
  });

  test('is left behind where UpdateReplacePolicy says so, and the new one is as empty', () => {
    const message = (policy?: string) =>
      changes(table({ TableName: 'a' }, policy), table({ TableName: 'b' }, policy))[0].message;
    expect(message('Retain')).toMatch(/from "a" to "b".*by an empty one, and the old one is left behind/);
    expect(message('Delete')).toMatch(/by an empty one, and the old one is deleted with what is in it/);
    expect(message()).toMatch(/by an empty one, and the old one is deleted with what is in it/);
  });

  test('is refused under the same name', () => {
    const keys = (name: string) => table({ TableName: 'a', KeySchema: [{ AttributeName: name, KeyType: 'HASH' }] });
    expect(changes(keys('id'), keys('at'))[0].message).toContain(
      'CloudFormation makes none as long as TableName is the same',
    );
  });

  test('is judged where all that differs is written out around what stays the same for a stack', () => {
    const named = (name: unknown) => table({ TableName: name });
    const sub = (text: string) => named({ 'Fn::Sub': text });
    expect(idsOf(sub('${AWS::Region}-a'), sub('${AWS::Region}-b'))).toEqual(['change-store-replaced']);
    expect(idsOf(named(undefined), sub('${AWS::Region}-b'))).toEqual(['change-store-replaced']);
    expect(idsOf(sub('${AWS::Region}-a'), named('eu-west-1-b'))).toEqual([]);
    expect(idsOf(sub('${AWS::Region}-a'), sub('${AWS::AccountId}-b'))).toEqual([]);
    expect(idsOf(sub('${Any}-a'), sub('${Any}-b'))).toEqual([]);
    expect(idsOf(named(undefined), named({ Ref: 'Any' }))).toEqual([]);
    expect(idsOf(named({ Ref: 'Any' }), named(undefined))).toEqual([]);
  });

  test('is not judged where a reference may turn out to be what was written out', () => {
    const mapping = (source: unknown) => ({
      Resources: {
        Stream: { Type: 'AWS::Kinesis::Stream' },
        Other: { Type: 'AWS::Kinesis::Stream' },
        Reads: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: { EventSourceArn: source, StartingPosition: 'LATEST' },
        },
      },
    });
    const written = 'arn:aws:kinesis:eu-west-1:111122223333:stream/a';
    expect(idsOf(mapping(written), mapping({ 'Fn::GetAtt': 'Stream.Arn' }))).toEqual([]);
    expect(idsOf(mapping({ 'Fn::GetAtt': 'Stream.Arn' }), mapping(written))).toEqual([]);
    expect(idsOf(mapping({ 'Fn::GetAtt': 'Stream.Arn' }), mapping({ 'Fn::GetAtt': ['Stream', 'Arn'] }))).toEqual([]);
    expect(
      changes(mapping({ 'Fn::GetAtt': 'Stream.Arn' }), mapping({ 'Fn::GetAtt': 'Other.Arn' }))[0].message,
    ).toContain('it starts from "LATEST", not from where the old one was');
  });
});

test('a stream that has another reader as before loses this one only', () => {
  const reader = {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: { EventSourceArn: 'arn', StartingPosition: 'LATEST' },
  };
  const message = (old: object, now: object) => changes({ Resources: old }, { Resources: now })[0].message;
  expect(message({ A: reader, B: reader }, { B: reader })).toBe('it is gone: what comes now is not handled');
  expect(message({ A: reader }, { B: reader })).toMatch(
    /B, which is new, reads the same source: it starts from "LATEST"/,
  );
});

test('the mapping of a queue has no position to lose', () => {
  const reader = (queue: string) => ({
    Resources: { A: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { EventSourceArn: queue } } },
  });
  expect(changes(reader('a'), reader('b'))[0].message).toContain('nothing is read between the old one and the new one');
});

describe('a rollback', () => {
  const group = (configuration: unknown, extra: object = {}) => ({
    Resources: {
      Group: { Type: 'AWS::CodeDeploy::DeploymentGroup', Properties: { AlarmConfiguration: configuration } },
      ...extra,
    },
  });
  const named = (...names: unknown[]) => ({ Enabled: true, Alarms: names.map((Name) => ({ Name })) });
  const alarm = (name?: string) => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: { AlarmName: name, Namespace: 'AWS/Lambda', MetricName: 'Errors', Statistic: 'Sum' },
  });

  test.each([
    ['one of two with different names', named('a', 'b'), named('a'), "'b' is not watched any more"],
    [
      'one of two that watch the same',
      named({ Ref: 'A' }, { Ref: 'B' }),
      named({ Ref: 'A' }),
      'B is not watched any more',
    ],
    ['all', named('a', 'b'), undefined, "'a', 'b' is not watched any more"],
    ['all, since they are turned off', named('a'), { ...named('a'), Enabled: false }, "'a' is not watched any more"],
    [
      'one of two, since another one watches the same as either',
      named({ Ref: 'A' }, { Ref: 'B' }),
      named({ Ref: 'C' }),
      'B is not watched any more',
    ],
  ])('loses %s', (_, old, now, message) => {
    const alarms = { A: alarm(), B: alarm(), C: alarm() };
    expect(changes(group(old, alarms), group(now, alarms)).map((each) => each.message)).toEqual([message]);
  });

  test('keeps an alarm that is named by what it is called, or by another one on the same metrics', () => {
    const alarms = { A: alarm('a'), B: alarm() };
    expect(idsOf(group(named('a'), alarms), group(named({ Ref: 'A' }), alarms))).toEqual([]);
    expect(idsOf(group(named({ Ref: 'A' }), alarms), group(named({ Ref: 'B' }), alarms))).toEqual([]);
    expect(idsOf(group(named('a'), alarms), group(named({ Ref: 'B' }), alarms))).toEqual([
      'change-rollback-alarm-removed',
    ]);
  });
});

test('a variant may change its name where an endpoint is not shifted step by step and not scaled', () => {
  const endpoint = (variant: string, instance = 'ml.m5.large') => ({
    Resources: {
      Config: {
        Type: 'AWS::SageMaker::EndpointConfig',
        Properties: { ProductionVariants: [{ VariantName: variant, InstanceType: instance }] },
      },
      Endpoint: {
        Type: 'AWS::SageMaker::Endpoint',
        Properties: { EndpointConfigName: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] } },
      },
    },
  });
  expect(idsOf(endpoint('a'), endpoint('b'))).toEqual([]);
  expect(idsOf(endpoint('a'), endpoint('a', 'ml.m5.xlarge'))).toEqual([]);
});

test('an endpoint that is gone names those that are new, not those that were there', () => {
  const endpoint = { Type: 'AWS::SageMaker::Endpoint', Properties: {} };
  const message = (now: object) => changes({ Resources: { A: endpoint, B: endpoint } }, { Resources: now })[0].message;
  expect(message({ B: endpoint, C: endpoint })).toMatch(/^it is gone, and 'C' is new: /);
  expect(message({ B: endpoint })).toBe('it is gone: its callers fail');
});

test('a variant that says nothing of instances does not stop running on them', () => {
  const endpoint = (variant: object) => ({
    Resources: {
      Config: {
        Type: 'AWS::SageMaker::EndpointConfig',
        Properties: { ProductionVariants: [{ VariantName: 'a', ...variant }] },
      },
      Endpoint: {
        Type: 'AWS::SageMaker::Endpoint',
        Properties: { EndpointConfigName: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] } },
      },
    },
  });
  expect(idsOf(endpoint({ 'Fn::Transform': {} }), endpoint({ ServerlessConfig: {} }))).toEqual([]);
  expect(idsOf(endpoint({ InstanceType: 'ml.m5.large' }), endpoint({ ServerlessConfig: {} }))).toEqual([
    'change-endpoint-to-serverless',
  ]);
});

describe('guardrails that are new', () => {
  const canary = { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'CANARY' } } };
  const endpoint = (config: string, deployment?: unknown) => ({
    Resources: {
      Endpoint: {
        Type: 'AWS::SageMaker::Endpoint',
        Properties: { EndpointConfigName: config, DeploymentConfig: deployment },
      },
    },
  });
  test('may come together with a new configuration', () => {
    expect(idsOf(endpoint('a'), endpoint('b', canary))).toEqual([]);
  });

  test('of another kind are judged by what the configuration says, too: a change of it makes another one', () => {
    const configured = (variant: string, deployment: unknown) => ({
      Resources: {
        Config: {
          Type: 'AWS::SageMaker::EndpointConfig',
          Properties: { ProductionVariants: [{ VariantName: 'a', ModelName: variant }] },
        },
        ...endpoint('', deployment).Resources,
      },
    });
    const named = (variant: string, deployment: unknown) => {
      const template = configured(variant, deployment);
      Object.assign(template.Resources.Endpoint.Properties, {
        EndpointConfigName: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] },
      });
      return template;
    };
    const rolling = { RollingUpdatePolicy: {} };
    expect(idsOf(named('one', canary), named('two', rolling))).toEqual(['change-rollout-kind']);
    expect(idsOf(named('one', canary), named('one', rolling))).toEqual([]);
  });

  test('are no other kind where only the deployment knows', () => {
    const rolling = { RollingUpdatePolicy: { 'Fn::If': ['Some', {}, { Ref: 'AWS::NoValue' }] } };
    expect(idsOf(endpoint('a', canary), endpoint('b', rolling))).toEqual([]);
    expect(idsOf(endpoint('a', canary), endpoint('b', { RollingUpdatePolicy: {} }))).toEqual(['change-rollout-kind']);
  });
});
