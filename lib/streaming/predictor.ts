import { Duration, Size } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sagemaker from 'aws-cdk-lib/aws-sagemaker';
import type { Construct } from 'constructs';
import { MODEL_FILE, VALIDATOR_FILE } from '../../lambda/predict/contract';
import type { EndpointSettings } from '../../lambda/stream/contract';
import type { Fault } from '../checks/bounds/fault';
import { ONE_VCPU_MEMORY } from '../checks/bounds/lambda';
import { fetchSeconds, sizeFor } from '../model/function-sizing';
import type { Model, OnnxModel } from '../model/model';
import { isFetchedAtStart, onnxHandlerParts } from '../model/onnx-handler';
import { handlerCode } from '../private/handler-assets';
import { inMebibytes, integer } from '../private/validation';

/** How records are put into a request to an endpoint. */
export enum EndpointPayload {
  /** `{"instances": [...]}`, answered by `{"predictions": [...]}`: what this library's own container speaks. */
  JSON = 'application/json',
  /** A line of JSON for each record. */
  JSON_LINES = 'application/jsonlines',
  /** A line of comma-separated values for each record, in the order of the model's features; without an input schema, in that of the record. */
  CSV = 'text/csv',
}

/** Options of `Predictor.endpoint`. */
export interface EndpointPredictorOptions {
  /**
   * What the model's container reads.
   *
   * @default EndpointPayload.JSON
   */
  readonly payload?: EndpointPayload;

  /**
   * Records of one request, 1 to 10,000. More make better use of a GPU, and wait longer for each other.
   *
   * @default 32
   */
  readonly maxRecords?: number;

  /**
   * Requests that one batch of the stream has under way at a time, 1 to 100. Where the endpoint throttles, fewer are sent.
   *
   * @default 4
   */
  readonly maxConcurrency?: number;

  /**
   * The variant of the endpoint that is asked.
   *
   * @default - whichever the endpoint chooses, by the weights of its variants
   */
  readonly variantName?: string;
}

/** What predicts the records of a stream. */
export abstract class Predictor {
  /**
   * The model in the function that reads the stream: no network in between, some thousand records a second for each function.
   *
   * @param model the model, in the ONNX format
   */
  public static model(model: OnnxModel): Predictor {
    return new ModelPredictor(model);
  }

  /**
   * An endpoint of SageMaker, which is asked for several records at a time.
   *
   * @param endpoint the endpoint: a `RealtimeEndpoint`, or any other
   * @param model what the endpoint serves. Predictions carry its name and version, unless an answer in JSON says itself which model has
   * predicted (as this library's container does: of an endpoint with several variants each may be another one); its input schema, if it has one, keeps records that
   * the endpoint would refuse from taking others of their request along
   */
  public static endpoint(
    endpoint: sagemaker.IEndpoint,
    model: Model,
    options: EndpointPredictorOptions = {},
  ): Predictor {
    return new EndpointPredictor(endpoint, model, options);
  }

  /**
   * The model that predicts.
   *
   * @internal
   */
  public abstract readonly _model: Model;

  /** @internal */
  public abstract get _sizing(): ConsumerSizing;

  /**
   * The model that the function loads itself, if it does.
   *
   * @internal
   */
  public get _loaded(): OnnxModel | undefined {
    return undefined;
  }

  /**
   * Whether it can read a row of CSV as a record.
   *
   * @internal
   */
  public abstract get _readsRows(): boolean;

  /** @internal */
  public abstract _faults(): readonly Fault[];

  /**
   * Code of the consumer, with the permissions that it needs to predict.
   *
   * @internal
   */
  public abstract _bind(scope: Construct, role: iam.IRole, architecture: lambda.Architecture): BoundPredictor;
}

/** What a consumer needs where nobody says. */
export interface ConsumerSizing {
  readonly memorySize: Size;
  readonly timeout: Duration;
  readonly ephemeralStorage: Size;
  /** A sentence for each. */
  readonly reasons: readonly string[];
}

/** @internal */
export interface BoundPredictor extends Pick<lambda.FunctionProps, 'code' | 'layers' | 'environment'> {
  readonly endpoint?: EndpointSettings;
}

/** Time for a batch, whose writing may take some attempts: a consumer that is cut off has its batch again. */
const TIMEOUT_SECONDS = 60;
const HANDLER = 'stream-score';

class ModelPredictor extends Predictor {
  constructor(public readonly _model: OnnxModel) {
    super();
  }

  public get _sizing(): ConsumerSizing {
    const mebibytes = inMebibytes(this._model.size);
    const fetched = isFetchedAtStart(this._model);
    const { memorySize, ephemeralStorage, reasons } = sizeFor(mebibytes, fetched);
    const seconds = TIMEOUT_SECONDS + (fetched ? fetchSeconds(mebibytes) : 0);
    return {
      memorySize,
      ephemeralStorage,
      timeout: Duration.seconds(Math.min(900, seconds)),
      reasons: [
        reasons[0],
        `time-out ${Math.min(900, seconds)} s: a batch, with some attempts at its sinks${fetched ? ', and time to fetch the model at start' : ''}`,
        reasons[2],
      ],
    };
  }

  public get _loaded(): OnnxModel {
    return this._model;
  }

  public get _readsRows(): boolean {
    return true;
  }

  public _faults(): readonly Fault[] {
    return [];
  }

  public _bind(scope: Construct, role: iam.IRole, architecture: lambda.Architecture): BoundPredictor {
    return onnxHandlerParts(scope, HANDLER, { model: this._model, architecture, role });
  }
}

const DEFAULT_RECORDS = 32;
const DEFAULT_CONCURRENCY = 4;
/**
 * SageMaker takes more (25 MB), but a container of one's own has a limit as well, and those of most frameworks is 6 MB or so.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-test-endpoints.html
 */
const MAX_PAYLOAD_BYTES = 5 * 1024 * 1024;

class EndpointPredictor extends Predictor {
  constructor(
    private readonly endpoint: sagemaker.IEndpoint,
    public readonly _model: Model,
    private readonly options: EndpointPredictorOptions,
  ) {
    super();
  }

  public get _sizing(): ConsumerSizing {
    return {
      memorySize: Size.mebibytes(ONE_VCPU_MEMORY),
      ephemeralStorage: Size.mebibytes(512),
      timeout: Duration.seconds(TIMEOUT_SECONDS),
      reasons: [
        `memory ${ONE_VCPU_MEMORY} MiB: one whole processor, for the records on their way to the endpoint and back`,
        `time-out ${TIMEOUT_SECONDS} s: a batch, with some attempts at the endpoint and at its sinks`,
        '/tmp 512 MiB: nothing is kept there',
      ],
    };
  }

  public get _readsRows(): boolean {
    return this._model._inputSchema !== undefined || this.options.payload === EndpointPayload.CSV;
  }

  public _faults(): readonly Fault[] {
    return [
      ...integer('predictor-records', 'maxRecords', this.options.maxRecords, { min: 1, max: 10_000 }),
      ...integer('predictor-concurrency', 'maxConcurrency', this.options.maxConcurrency, { min: 1, max: 100 }),
    ];
  }

  public _bind(_: Construct, role: iam.IRole): BoundPredictor {
    const { name, version, _inputSchema: schema } = this._model;
    // No streams of answers, which `grantInvoke` of an endpoint may allow as well.
    iam.Grant.addToPrincipal({
      grantee: role,
      actions: ['sagemaker:InvokeEndpoint'],
      resourceArns: [this.endpoint.endpointArn],
    });
    const files = {
      [MODEL_FILE]: { text: JSON.stringify({ name, version, input: schema?._layout }) },
      ...(schema === undefined ? {} : { [VALIDATOR_FILE]: { text: schema._validator.source } }),
    };
    return {
      code: handlerCode(HANDLER, files),
      endpoint: {
        endpointName: this.endpoint.endpointName,
        variantName: this.options.variantName,
        contentType: this.options.payload ?? EndpointPayload.JSON,
        maxRecords: this.options.maxRecords ?? DEFAULT_RECORDS,
        maxBytes: MAX_PAYLOAD_BYTES,
        maxConcurrency: this.options.maxConcurrency ?? DEFAULT_CONCURRENCY,
      },
    };
  }
}
