import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { RunSettings } from '../../lambda/batch/contract';
import type { InferenceAlarms } from '../monitoring/inference-alarms';
import type { LogOptions } from '../private/log-group';
import type { BatchMetrics } from './batch-metrics';
import type { BatchTransformProps } from './batch-transform-props';
import type { Scoring } from './scoring';

/** What a batch gives to its engine. */
export interface EngineSurroundings {
  readonly props: BatchTransformProps;
  readonly kept: LogOptions;
  /** By which its own metrics are published. */
  readonly batchName: string;
  readonly deadlineSeconds: number;
}

/** An engine that is set up for one batch. */
export interface BoundEngine {
  /** How partitions are scored. */
  readonly scoring: Scoring;
  /** The function that the state machine calls for a partition. */
  readonly scoreFunction: lambda.Function;
  /** The role of containers, if there are any. */
  readonly containerRole?: iam.IRole;
  readonly settings: Pick<
    RunSettings,
    | 'maxConcurrency'
    | 'maxObjectBytes'
    | 'bytesPerSecond'
    | 'startSeconds'
    | 'partitionSeconds'
    | 'usdPerSecond'
    | 'scoring'
  >;
  /** What the state machine may do beside calling the function. */
  allow(stateMachine: sfn.StateMachine): void;
  addAlarms(alarms: InferenceAlarms, metrics: BatchMetrics): void;
}
