import { Duration } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { Rollout, Scaling, ServerlessInference } from '../../lib';
import { tinyModel } from '../fakes/models';
import { importedVpc } from '../fakes/imported';
import { describeConformance } from './conformance';

describeConformance('ServerlessInference', {
  api: true,
  minimal: (scope, id) => new ServerlessInference(scope, id, { model: tinyModel() }),
  full: (scope: Construct, id: string) => {
    const onCall = new SnsAction(new sns.Topic(scope, `Test${id}OnCall`));
    return new ServerlessInference(scope, id, {
      model: tinyModel({ examples: [{ input: { amount: 1, age: 30 }, expected: 0.5 }] }),
      rollout: Rollout.linear({ percent: 20, every: Duration.minutes(4) }),
      scaling: Scaling.provisionedConcurrency({ min: 2, max: 10 }),
      reservedConcurrency: 50,
      alarms: {
        pageActions: [onCall],
        warningActions: [onCall],
        maxLatency: Duration.seconds(1),
        noTrafficFor: Duration.hours(2),
        runbookUrl: 'https://example.com/runbook',
      },
      encryptionKey: new kms.Key(scope, `Test${id}Key`),
    });
  },
  inVpc: (scope, id) =>
    new ServerlessInference(scope, id, {
      model: tinyModel(),
      vpc: importedVpc(scope),
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    }),
});
