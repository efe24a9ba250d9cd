import * as path from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import type * as library from '../../../lib';
import type * as sample from '../../../bin/sample/breast-cancer';

/** Makes one whole deployment of each pattern, with the library as it is compiled in a folder. */
export const deployments = (compiled: string) =>
  ({
    /** With API, rollout, alarms and dashboard. */
    serverless: () => {
      const { ServerlessInference, InferenceApi } = require(path.join(compiled, 'lib')) as typeof library;
      const { breastCancerModel } = require(path.join(compiled, 'bin', 'sample', 'breast-cancer')) as typeof sample;
      const model = breastCancerModel('1.0.0');
      return (stack: Stack, i: number) => {
        const inference = new ServerlessInference(stack, `Model${i}`, { model });
        new InferenceApi(stack, `Api${i}`, { inference });
      };
    },
    /** A language model on GPUs with everything on. */
    endpoint: () => {
      const { Capacity, InstanceType, Model, RealtimeEndpoint, Rollout, Scaling, ServingImage } = require(
        path.join(compiled, 'lib'),
      ) as typeof library;
      const { Duration, Size } = require('aws-cdk-lib') as typeof import('aws-cdk-lib');
      const ec2 = require('aws-cdk-lib/aws-ec2') as typeof import('aws-cdk-lib/aws-ec2');
      const kms = require('aws-cdk-lib/aws-kms') as typeof import('aws-cdk-lib/aws-kms');
      const s3 = require('aws-cdk-lib/aws-s3') as typeof import('aws-cdk-lib/aws-s3');
      const logs = require('aws-cdk-lib/aws-logs') as typeof import('aws-cdk-lib/aws-logs');
      const model = Model.fromContainer({
        name: 'chat',
        version: '1',
        image: ServingImage.vllm({ model: 'openai/gpt-oss-20b' }),
        memoryRequired: Size.gibibytes(24),
      });
      return (stack: Stack, i: number) => {
        const given = stack.node.tryFindChild('Given') ?? new Construct(stack, 'Given');
        const once = <T extends IConstruct>(id: string, make: (scope: Construct) => T): T =>
          (given.node.tryFindChild(id) as T | undefined) ?? make(given);
        new RealtimeEndpoint(stack, `Chat${i}`, {
          model,
          capacity: Capacity.instances({ type: InstanceType.G6E_2XLARGE, min: 2, max: 8 }),
          scaling: Scaling.concurrentRequests({ target: 8 }),
          rollout: Rollout.canary({ percent: 50, bake: Duration.minutes(10) }),
          dataCapture: { bucket: once('Bucket', (scope) => s3.Bucket.fromBucketName(scope, 'Bucket', 'captured')) },
          vpc: once('Vpc', (scope) =>
            ec2.Vpc.fromVpcAttributes(scope, 'Vpc', {
              vpcId: 'vpc-1',
              availabilityZones: ['a', 'b'],
              privateSubnetIds: ['subnet-1', 'subnet-2'],
            }),
          ),
          encryptionKey: once('Key', (scope) =>
            kms.Key.fromKeyArn(scope, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1'),
          ),
          logRetention: logs.RetentionDays.ONE_MONTH,
          alarms: { noTrafficFor: Duration.hours(1) },
        });
      };
    },
  }) satisfies Record<string, () => (stack: Stack, i: number) => void>;

export type Deployment = keyof ReturnType<typeof deployments>;
