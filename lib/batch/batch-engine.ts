import type { Size } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Fault } from '../checks/bounds/fault';
import { FUNCTION_MEMORY } from '../checks/bounds/lambda';
import { integer, mebibytes, mustBeKnown } from '../private/validation';
import { faultyTransformJobs } from './transform-job-faults';
import type { TransformJobOptions } from './transform-job-options';

/** Options of `BatchEngine.functions`. */
export interface FunctionEngineOptions {
  /**
   * Partitions that are scored at a time, 1 to 1000. Each is one execution environment of AWS Lambda, out of the concurrency
   * that the whole account shares.
   *
   * @default 20
   */
  readonly maxConcurrency?: number;

  /**
   * Memory of an environment, 128 to 10,240 MiB. Processing power grows with it: 1,769 MiB are one whole processor.
   *
   * @default - 1,769 MiB, or what the model needs
   */
  readonly memorySize?: Size;

  /**
   * Processor. The model runs on either; arm64 costs a fifth less per millisecond.
   *
   * @default Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;
}

/** What scores the partitions of a batch. */
export abstract class BatchEngine {
  /**
   * Functions of AWS Lambda, for ONNX models that fit one: a partition begins within seconds, and nothing is paid for a start.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
   */
  public static functions(options: FunctionEngineOptions = {}): BatchEngine {
    return new FunctionEngine(options);
  }

  /**
   * Transform jobs of SageMaker, for containers, GPUs and large models: a partition is a job with instances of its own, which take
   * some minutes to start and are paid for by the second.
   *
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
   */
  public static transformJobs(options: TransformJobOptions = {}): BatchEngine {
    return new TransformJobEngine(options);
  }

  /**
   * The options of functions, if this is of that kind.
   *
   * @internal
   */
  public get _functions(): FunctionEngineOptions | undefined {
    return undefined;
  }

  /**
   * The options of transform jobs, if this is of that kind.
   *
   * @internal
   */
  public get _transformJobs(): TransformJobOptions | undefined {
    return undefined;
  }

  /** @internal */
  public abstract _faults(): readonly Fault[];
}

class FunctionEngine extends BatchEngine {
  constructor(private readonly options: FunctionEngineOptions) {
    super();
  }

  public get _functions() {
    return this.options;
  }

  public _faults(): readonly Fault[] {
    return [
      ...integer('batch-concurrency', 'maxConcurrency', this.options.maxConcurrency, { min: 1, max: 1000 }),
      ...mustBeKnown('batch-unknown-memory', 'memorySize', this.options.memorySize, 'the price of a run depends on it'),
      ...mebibytes('batch-memory', 'memorySize', this.options.memorySize, FUNCTION_MEMORY),
    ];
  }
}

class TransformJobEngine extends BatchEngine {
  constructor(private readonly options: TransformJobOptions) {
    super();
  }

  public get _transformJobs() {
    return this.options;
  }

  public _faults(): readonly Fault[] {
    return faultyTransformJobs(this.options);
  }
}
