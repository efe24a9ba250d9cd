import { Duration, Size } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { Capacity, InstanceType, Model, RealtimeEndpoint, Rollout, Routing, Scaling, ServingImage } from '../../lib';
import { importedVpc } from '../fakes/imported';
import { tinyModel } from '../fakes/models';
import { describeConformance } from './conformance';

const cpu = Capacity.instances({ type: InstanceType.M5_LARGE });
/** What the gateway in front waits for. */
const timeout = Duration.seconds(29);

describeConformance('RealtimeEndpoint', {
  api: true,
  minimal: (scope, id) => new RealtimeEndpoint(scope, id, { model: tinyModel(), capacity: cpu, timeout }),
  full: (scope: Construct, id: string) => {
    const onCall = new SnsAction(new sns.Topic(scope, `Test${id}OnCall`));
    const endpoint = new RealtimeEndpoint(scope, id, {
      model: Model.fromContainer({
        name: 'chat',
        version: '7b-2',
        image: ServingImage.vllm({ version: '0.27.1', model: 'Qwen/Qwen2.5-7B-Instruct', maxModelLength: 16_384 }),
        memoryRequired: Size.gibibytes(80),
        input: tinyModel().input,
      }),
      timeout,
      capacity: Capacity.instances({ type: InstanceType.G6E_12XLARGE, min: 4, max: 8 }),
      weight: 9,
      scaling: Scaling.gpuUtilization({
        percent: 60,
        schedules: { night: { schedule: Schedule.cron({ hour: '20', minute: '0' }), min: 1, max: 2 } },
      }),
      routing: Routing.prefixAware({ prefixLength: 2048, concurrencyThreshold: 32 }),
      rollout: Rollout.linear({ percent: 25, every: Duration.minutes(5), finalBake: Duration.minutes(20) }),
      alarms: {
        pageActions: [onCall],
        warningActions: [onCall],
        maxLatency: Duration.seconds(20),
        noTrafficFor: Duration.hours(2),
        runbookUrl: 'https://example.com/runbook',
      },
      dataCapture: { bucket: new s3.Bucket(scope, `Test${id}Captured`), percent: 10 },
      encryptionKey: new kms.Key(scope, `Test${id}Key`),
      logRetention: logs.RetentionDays.THREE_MONTHS,
    });
    endpoint.addVariant('challenger', {
      model: tinyModel({ version: '2.0.0' }),
      capacity: Capacity.instances({ type: InstanceType.G5_2XLARGE, min: 4, max: 6 }),
      weight: 1,
    });
    return endpoint;
  },
  inVpc: (scope, id) =>
    new RealtimeEndpoint(scope, id, {
      model: tinyModel(),
      capacity: cpu,
      vpc: importedVpc(scope),
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    }),
});

describeConformance('RealtimeEndpoint in stages', {
  api: true,
  minimal: (scope, id) =>
    new RealtimeEndpoint(scope, id, { model: tinyModel(), capacity: cpu, timeout, rollout: Rollout.staged() }),
  full: (scope: Construct, id: string) => {
    const topic = new sns.Topic(scope, `Test${id}OnCall`);
    return new RealtimeEndpoint(scope, id, {
      model: tinyModel({ examples: [{ input: { amount: 1, age: 30 }, expected: 0.5 }] }),
      timeout,
      capacity: Capacity.instances({ type: InstanceType.M5_LARGE, min: 2, max: 8 }),
      rollout: Rollout.staged({ steps: [25, 100], bake: Duration.minutes(5), approvals: [100], topic }),
      alarms: { pageActions: [new SnsAction(topic)], noTrafficFor: Duration.hours(2) },
      dataCapture: { bucket: new s3.Bucket(scope, `Test${id}Captured`), percent: 10 },
      encryptionKey: new kms.Key(scope, `Test${id}Key`),
    });
  },
});
