import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { Predictor, Rollout, Sink, StreamingInference } from '../../lib';
import { breastCancerModel, type Release } from './breast-cancer';

/** Properties of the sample's streaming stack. */
export interface StreamingStackProps extends StackProps {
  /** Version of the model that predicts. */
  readonly modelVersion: Release;
}

/** The classifier over a stream: predictions go into another stream, and into a table by their ids. */
export class StreamingStack extends Stack {
  public readonly inference: StreamingInference;
  public readonly predictions: kinesis.Stream;
  public readonly table: dynamodb.Table;

  constructor(scope: Construct, id: string, props: StreamingStackProps) {
    super(scope, id, props);
    const onCall = new SnsAction(new sns.Topic(this, 'OnCall', { enforceSSL: true }));
    this.predictions = new kinesis.Stream(this, 'Predictions', {
      streamMode: kinesis.StreamMode.ON_DEMAND,
      encryption: kinesis.StreamEncryption.MANAGED,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.table = new dynamodb.Table(this, 'Table', {
      partitionKey: { name: 'inferenceId', type: dynamodb.AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });

    this.inference = new StreamingInference(this, 'Live', {
      predictor: Predictor.model(breastCancerModel(props.modelVersion)),
      sinks: [Sink.kinesis(this.predictions), Sink.dynamoDb(this.table, { timeToLive: Duration.days(30) })],
      traffic: { recordsPerSecond: 500, maxWait: Duration.seconds(1) },
      rollout: Rollout.canary({ percent: 50, bake: Duration.minutes(5) }),
      alarms: {
        pageActions: [onCall],
        warningActions: [onCall],
        minSamples: 5,
        noTrafficFor: Duration.hours(1),
      },
      removalPolicy: RemovalPolicy.DESTROY,
    });

    new CfnOutput(this, 'StreamName', { value: this.inference.stream.streamName });
    new CfnOutput(this, 'PredictionsName', { value: this.predictions.streamName });
    new CfnOutput(this, 'TableName', { value: this.table.tableName });
    new CfnOutput(this, 'AliasArn', { value: this.inference.alias.functionArn });
    new CfnOutput(this, 'Quarantine', {
      value: `s3://${this.inference.quarantine.bucketName}/${this.inference.quarantinePrefix}`,
    });
  }
}
