import { Duration, type Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import { BatchManifest, BatchTransform, type BatchTransformProps } from '../../../lib';
import { tinyModel } from '../../fakes/models';
import { identityStatements, resourceStatements, type Statement } from '../../helpers/statements';
import { ofType, plain, strings, testStack } from '../../helpers/synth';

const ARRIVED = 'arn:aws:s3:::arrived';
const SCORED = 'arn:aws:s3:::scored';

/** In a fixed environment, so that ARNs are texts. */
function deployed(props: (stack: Stack) => Partial<BatchTransformProps> = () => ({})) {
  const stack = testStack({ env: { account: '111122223333', region: 'eu-west-1' } });
  const batch = new BatchTransform(stack, 'Nightly', {
    model: tinyModel(),
    input: { bucket: s3.Bucket.fromBucketName(stack, 'Arrived', 'arrived'), prefix: 'rows/' },
    output: { bucket: s3.Bucket.fromBucketName(stack, 'Scored', 'scored'), prefix: 'results/' },
    ...props(stack),
  });
  const template = plain(stack);
  const of = (owner: string) => identityStatements(template).filter((statement) => statement.owner.startsWith(owner));
  return { stack, batch, template, of };
}

/** What is allowed, without logs and traces: actions on resources, and on which condition. */
function allowed(statements: readonly Statement[]): unknown[] {
  return statements
    .filter(({ actions }) => !actions.some((action) => /^(logs|xray):/.test(action)))
    .map(({ actions, resources, condition }) => [actions, resources, ...(condition === undefined ? [] : [condition])]);
}

test('the function that plans sees which objects there are, and reads and writes only what runs keep', () => {
  expect(allowed(deployed().of('NightlyControlRole'))).toEqual([
    [['s3:ListBucket'], [ARRIVED], { StringLike: { 's3:prefix': 'rows/*' } }],
    [['s3:ListBucket'], [SCORED]],
    [['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'], [`${SCORED}/results/*`]],
  ]);
});

describe('with a manifest the function that plans', () => {
  const control = (manifest: (reports: s3.IBucket) => BatchManifest) =>
    allowed(
      deployed((stack) => ({
        inputManifest: manifest(s3.Bucket.fromBucketName(stack, 'Reports', 'reports')),
      })).of('NightlyControlRole'),
    );

  test('reads the reports of an inventory, and sees which there are', () => {
    const statements = control((reports) => BatchManifest.inventory(reports, 'arrived/daily/'));
    expect(statements).toContainEqual([
      ['s3:ListBucket'],
      ['arn:aws:s3:::reports'],
      { StringLike: { 's3:prefix': 'arrived/daily/*' } },
    ]);
    expect(statements).toContainEqual([
      ['s3:GetObject'],
      ['arn:aws:s3:::reports/arrived/daily/*', `${SCORED}/results/*`],
    ]);
  });

  test('reads one file, and nothing beside it', () => {
    const statements = JSON.stringify(control((reports) => BatchManifest.file(reports, 'tonight.json')));
    expect(statements.match(/arn:aws:s3:::reports[^"]*/g)).toEqual(['arn:aws:s3:::reports/tonight.json']);
  });
});

test('the function that scores reads the input, and writes below the runs: not the pointer to the current one', () => {
  expect(allowed(deployed().of('NightlyScoreRole'))).toEqual([
    [['s3:ListBucket'], [ARRIVED, SCORED]],
    [['s3:GetObject'], [`${ARRIVED}/rows/*`, `${SCORED}/results/runs/*`]],
    [['s3:AbortMultipartUpload', 's3:PutObject'], [`${SCORED}/results/runs/*`]],
  ]);
});

test('without prefixes they reach everything in the buckets, and no other bucket', () => {
  const { of } = deployed((stack) => ({
    input: { bucket: s3.Bucket.fromBucketName(stack, 'AllArrived', 'arrived') },
    output: { bucket: s3.Bucket.fromBucketName(stack, 'AllScored', 'scored') },
  }));
  expect(allowed(of('NightlyScoreRole'))).toContainEqual([['s3:GetObject'], [`${ARRIVED}/*`, `${SCORED}/runs/*`]]);
  expect(allowed(of('NightlyControlRole'))).toContainEqual([
    ['s3:ListBucket'],
    [ARRIVED],
    { StringLike: { 's3:prefix': '*' } },
  ]);
});

describe('the state machine ', () => {
  test('calls every version of its two functions, reads what it is to do, and starts, watches and stops its own partitions', () => {
    const { of, stack, batch } = deployed();
    const [control, score] = [batch.controlFunction, batch.scoreFunction].map(
      ({ functionArn }) => stack.resolve(functionArn) as unknown,
    );
    const versions = (arn: unknown) => ({ 'Fn::Join': ['', [arn, ':*']] });
    expect(allowed(of('NightlyRunsRole'))).toEqual([
      [['lambda:InvokeFunction'], [control, score, versions(control), versions(score)]],
      [['s3:GetObject'], [`${SCORED}/results/runs/*`]],
    ]);
    const execution = (end: string) => ({
      'Fn::Join': [
        '',
        [
          'arn:aws:states:eu-west-1:111122223333:execution:',
          { 'Fn::GetAtt': [expect.stringMatching(/^NightlyRuns/), 'Name'] },
          end,
        ],
      ],
    });
    expect(allowed(of('NightlyPartitions'))).toEqual([
      [['states:StartExecution'], [stack.resolve(batch.stateMachine.stateMachineArn)]],
      [
        ['states:DescribeExecution', 'states:RedriveExecution', 'states:StopExecution'],
        expect.arrayContaining([execution(':*'), execution('/*')]),
      ],
    ]);
  });

  test('publishes to the topic, and to no other', () => {
    const { of, template } = deployed((stack) => ({ topic: new sns.Topic(stack, 'Told') }));
    const [[topic]] = ofType(template, 'AWS::SNS::Topic');
    expect(allowed(of('NightlyRunsRole'))).toContainEqual([['sns:Publish'], [{ Ref: topic }]]);
  });

  test('publishes to nothing without one', () => {
    expect(JSON.stringify(deployed().of('Nightly'))).not.toContain('sns:');
  });
});

test('the scheduler starts runs by the alias, and may do nothing else', () => {
  const { of, stack, batch } = deployed(() => ({ schedule: ScheduleExpression.rate(Duration.days(1)) }));
  // AWS asks for a permission on the machine, never on the alias: one on the alias would allow nothing.
  expect(allowed(of('NightlyScheduleRole'))).toEqual([
    [
      ['states:StartExecution'],
      [stack.resolve(batch.stateMachine.stateMachineArn)],
      { 'ForAnyValue:StringEquals': { 'states:StateMachineQualifier': ['live'] } },
    ],
  ]);
});

test('each function writes its own log', () => {
  const { of } = deployed();
  for (const name of ['Control', 'Score']) {
    const [written] = of(`Nightly${name}Role`).filter(({ actions }) => actions.includes('logs:PutLogEvents'));
    expect(written.resources).toEqual([{ 'Fn::GetAtt': [expect.stringContaining(`Nightly${name}Logs`), 'Arn'] }]);
  }
});

test('no managed policy, no whole service, no action by wildcard, and * only for traces and the delivery of logs', () => {
  const { template } = deployed((stack) => ({
    topic: new sns.Topic(stack, 'Told'),
    schedule: ScheduleExpression.rate(Duration.days(1)),
    encryptionKey: new kms.Key(stack, 'Key'),
  }));
  for (const { owner, actions, resources } of identityStatements(template)) {
    expect([owner, actions.filter((action) => action.includes('*'))]).toEqual([owner, []]);
    if (resources.includes('*')) {
      expect([owner, actions.filter((action) => !/^(xray|logs):/.test(action))]).toEqual([owner, []]);
    }
  }
  expect(strings(template).filter((text) => /FullAccess|service-role\//.test(text))).toEqual([]);
});

describe('keys: ', () => {
  test('of the buckets are used as far as it is needed: of the input to read, of the output to write as well', () => {
    const arns: Record<string, unknown> = {};
    const { of } = deployed((stack) => {
      const bucket = (name: string) => {
        const encryptionKey = new kms.Key(stack, `${name}Key`);
        arns[name] = stack.resolve(encryptionKey.keyArn);
        return new s3.Bucket(stack, `${name}Data`, { encryptionKey });
      };
      return { input: { bucket: bucket('In') }, output: { bucket: bucket('Out') } };
    });
    const uses = (owner: string) => allowed(of(owner).filter(({ actions }) => actions[0].startsWith('kms:')));
    expect(uses('NightlyScoreRole')).toEqual([
      [['kms:Decrypt'], expect.arrayContaining([arns.In, arns.Out])],
      [['kms:Decrypt', 'kms:GenerateDataKey'], [arns.Out]],
    ]);
    expect(uses('NightlyControlRole')).toEqual([[['kms:Decrypt', 'kms:GenerateDataKey'], [arns.Out]]]);
    expect(uses('NightlyRunsRole')).toEqual([[['kms:Decrypt'], [arns.Out]]]);
  });

  test('of imported buckets are used where they are given', () => {
    const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1';
    const { of } = deployed((stack) => ({
      input: {
        bucket: s3.Bucket.fromBucketAttributes(stack, 'Keyed', {
          bucketName: 'arrived',
          encryptionKey: kms.Key.fromKeyArn(stack, 'Imported', keyArn),
        }),
      },
    }));
    expect(allowed(of('NightlyScoreRole'))).toContainEqual([['kms:Decrypt'], [keyArn]]);
  });

  test('the history of a run is encrypted with a key that the machine may use, whatever its name will be', () => {
    const { of } = deployed((stack) => ({ encryptionKey: new kms.Key(stack, 'Key') }));
    expect(allowed(of('NightlyRunsRole'))).toContainEqual([
      ['kms:Decrypt', 'kms:GenerateDataKey'],
      [{ 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] }],
      {
        StringLike: {
          'kms:EncryptionContext:aws:states:stateMachineArn': 'arn:aws:states:eu-west-1:111122223333:stateMachine:*',
        },
      },
    ]);
  });

  test('the scheduler may read what it is to start, and the services that write logs may use the key', () => {
    const { of, template } = deployed((stack) => ({
      encryptionKey: new kms.Key(stack, 'Key'),
      schedule: ScheduleExpression.rate(Duration.days(1)),
    }));
    expect(of('NightlyScheduleRole').flatMap(({ actions }) => actions)).toContain('kms:Decrypt');
    const services = resourceStatements(template)
      .filter(({ owner }) => owner.startsWith('Key'))
      .map(({ principal }) => (principal as { Service?: unknown }).Service);
    expect(services).toEqual(
      expect.arrayContaining([
        { 'Fn::Join': ['', ['logs.eu-west-1.', { Ref: 'AWS::URLSuffix' }]] },
        'delivery.logs.amazonaws.com',
      ]),
    );
  });
});
