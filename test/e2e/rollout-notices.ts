import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { LocalCloud } from '../../bin/local-cloud/local-cloud';
import { EVENT_DETAIL_TYPE, EVENT_SOURCE, type RolloutEvent } from '../../lambda/rollout/contract';

const RULE = 'rollouts';

/** Somebody who listens to rollouts: to the events of the bus, and to the messages of a topic. */
export class RolloutNotices {
  public static async listen(cloud: LocalCloud, topicArn: string): Promise<RolloutNotices> {
    const sqs = new SQSClient(cloud.clientConfig);
    const queue = async (name: string) => {
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
      return { url: QueueUrl!, arn: Attributes!.QueueArn! };
    };
    const [events, messages] = [await queue('rollout-events'), await queue('rollout-messages')];
    const bus = new EventBridgeClient(cloud.clientConfig);
    const pattern = { source: [EVENT_SOURCE], 'detail-type': [EVENT_DETAIL_TYPE] };
    await bus.send(new PutRuleCommand({ Name: RULE, EventPattern: JSON.stringify(pattern) }));
    await bus.send(new PutTargetsCommand({ Rule: RULE, Targets: [{ Id: 'queue', Arn: events.arn }] }));
    await new SNSClient(cloud.clientConfig).send(
      new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint: messages.arn }),
    );
    return new RolloutNotices(sqs, events.url, messages.url);
  }

  private constructor(
    private readonly sqs: SQSClient,
    private readonly eventQueue: string,
    private readonly messageQueue: string,
  ) {}

  /** Since the last time, in order of their places. */
  public async events(): Promise<RolloutEvent[]> {
    const bodies = await this.drain(this.eventQueue);
    const details = bodies.map((body) => (JSON.parse(body) as { detail: RolloutEvent }).detail);
    return details.sort((one, other) => one.place - other.place);
  }

  /** Subjects and texts since the last time. */
  public async messages(): Promise<{ readonly subject: string; readonly text: string }[]> {
    const bodies = await this.drain(this.messageQueue);
    return bodies.map((body) => {
      const { Subject, Message } = JSON.parse(body) as { Subject: string; Message: string };
      return { subject: Subject, text: Message };
    });
  }

  private async drain(QueueUrl: string): Promise<string[]> {
    const bodies: string[] = [];
    for (;;) {
      const { Messages } = await this.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      if (Messages === undefined || Messages.length === 0) {
        return bodies;
      }
      bodies.push(...Messages.map(({ Body }) => Body!));
      const Entries = Messages.map(({ ReceiptHandle }, place) => ({ Id: String(place), ReceiptHandle }));
      await this.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  }
}
