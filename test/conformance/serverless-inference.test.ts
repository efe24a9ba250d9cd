import { Duration } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { Rollout, RolloutMetric, Scaling, ServerlessInference } from '../../lib';
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

describeConformance('ServerlessInference in stages', {
  api: true,
  minimal: (scope, id) => new ServerlessInference(scope, id, { model: tinyModel(), rollout: Rollout.staged() }),
  full: (scope: Construct, id: string) => {
    const topic = new sns.Topic(scope, `Test${id}OnCall`);
    const key = new kms.Key(scope, `Test${id}Key`);
    return new ServerlessInference(scope, id, {
      model: tinyModel({ examples: [{ input: { amount: 1, age: 30 }, expected: 0.5 }] }),
      rollout: Rollout.staged({
        steps: [10, 100],
        bake: Duration.minutes(5),
        analysis: { metrics: [RolloutMetric.failures(), RolloutMetric.slowAnswers()] },
        approvals: [100],
        topic,
      }),
      scaling: Scaling.provisionedConcurrency({ min: 2, max: 10 }),
      reservedConcurrency: 50,
      alarms: {
        pageActions: [new SnsAction(topic)],
        maxLatency: Duration.seconds(1),
        noTrafficFor: Duration.hours(2),
        runbookUrl: 'https://example.com/runbook',
      },
      encryptionKey: key,
    });
  },
});
