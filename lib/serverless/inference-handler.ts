import { Duration, type Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Fault } from '../checks/bounds/fault';
import type { OnnxModel } from '../model/model';
import { onnxHandlerParts } from '../model/onnx-handler';
import { HANDLER_ENTRY, handlerRuntime } from '../private/handler-assets';

/** What AWS Lambda sets when a function names no time-out. */
const LAMBDA_DEFAULT_TIMEOUT = Duration.seconds(3);

/** What answers the requests of a `ServerlessInference`. */
export abstract class InferenceHandler {
  /**
   * The library's own handler: ONNX Runtime in AWS Lambda. It validates requests against the model's input schema,
   * takes JSON, CSV and binary tensors, answers faults in one documented shape, and publishes metrics by version.
   */
  public static onnx(): InferenceHandler {
    return new OnnxHandler();
  }

  /**
   * Your own container image. It gets the same requests, and must answer in the same shapes for the smoke test to pass.
   *
   * The rollout watches AWS Lambda's own errors and durations: a failure that your code answers with status 500 is
   * seen only if it publishes the library's metrics too.
   *
   * @param code the image, as `DockerImageCode.fromEcr` or `.fromImageAsset` gives it
   */
  public static fromImage(code: lambda.DockerImageCode): InferenceHandler {
    return new ImageHandler(code);
  }

  /**
   * Your own function, which must be one that this app creates: a new version can be published of no other. What it is
   * (memory, time-out, network, logs) is then set on it and not here. The same holds for its errors as with an image.
   *
   * @param handler the function, or a version of one
   */
  public static fromFunction(handler: lambda.IFunction): InferenceHandler {
    return new FunctionHandler(handler);
  }

  /**
   * Whether this is the library's own handler, which publishes its metrics and knows its environment.
   *
   * @internal
   */
  public abstract readonly _isOwn: boolean;

  /**
   * The time-out, where it is set elsewhere.
   *
   * @internal
   */
  public get _timeout(): Duration | undefined {
    return undefined;
  }

  /**
   * Faults of the handler together with the props given.
   *
   * @internal
   */
  public abstract _validate(given: readonly string[]): Fault[];

  /**
   * Creates or takes the function. Asks for the options only to create one: they come with a role and a log group.
   *
   * @internal
   */
  public abstract _bind(scope: Construct, ask: () => FunctionOptions): BoundFunction;
}

/**
 * What a function is made from.
 *
 * @internal
 */
export interface FunctionOptions {
  readonly model: OnnxModel;
  readonly architecture: lambda.Architecture;
  readonly memorySize: Size;
  readonly timeout: Duration;
  readonly ephemeralStorage: Size;
  readonly reservedConcurrency?: number;
  readonly role: iam.IRole;
  readonly logGroup: logs.ILogGroup;
  readonly tracing: lambda.Tracing;
  readonly encryptionKey?: kms.IKey;
  readonly vpc?: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  readonly securityGroups?: ec2.ISecurityGroup[];
  readonly currentVersionOptions: lambda.VersionOptions;
}

/** @internal */
export interface BoundFunction {
  readonly function: lambda.IFunction;
  readonly version: lambda.IVersion;
}

class OnnxHandler extends InferenceHandler {
  public readonly _isOwn = true;

  public _validate(): Fault[] {
    return [];
  }

  public _bind(scope: Construct, ask: () => FunctionOptions): BoundFunction {
    const options = ask();
    const parts = onnxHandlerParts(scope, 'predict', options);
    const handler = new lambda.Function(scope, 'Function', {
      ...functionProps(options),
      runtime: handlerRuntime(),
      architecture: options.architecture,
      handler: HANDLER_ENTRY,
      code: parts.code,
      layers: parts.layers,
      environment: parts.environment,
    });
    return { function: handler, version: handler.currentVersion };
  }
}

class ImageHandler extends InferenceHandler {
  public readonly _isOwn = false;

  constructor(private readonly code: lambda.DockerImageCode) {
    super();
  }

  public _validate(): Fault[] {
    return [];
  }

  public _bind(scope: Construct, ask: () => FunctionOptions): BoundFunction {
    const options = ask();
    const handler = new lambda.DockerImageFunction(scope, 'Function', {
      ...functionProps(options),
      architecture: options.architecture,
      code: this.code,
      environment: { MODEL_NAME: options.model.name, MODEL_VERSION: options.model.version },
    });
    return { function: handler, version: handler.currentVersion };
  }
}

class FunctionHandler extends InferenceHandler {
  public readonly _isOwn = false;

  constructor(private readonly handler: lambda.IFunction) {
    super();
  }

  public get _timeout(): Duration | undefined {
    const version = this.publishedVersion();
    return version?.lambda instanceof lambda.Function ? (version.lambda.timeout ?? LAMBDA_DEFAULT_TIMEOUT) : undefined;
  }

  public _validate(given: readonly string[]): Fault[] {
    const version = this.publishedVersion();
    const imported = version !== undefined && !(version.lambda instanceof lambda.Function);
    const elsewhere = imported
      ? given.filter((prop) => prop !== 'timeout' && prop !== 'failureDestination')
      : given.filter((prop) => prop !== 'failureDestination');
    const faults: Fault[] = elsewhere.map((prop) => ({
      id: 'handler-own-function',
      message: `'${prop}' is given together with a function of your own`,
      fix: `set it on the function, and leave '${prop}' out here`,
    }));
    if (imported && !given.includes('timeout')) {
      faults.push({
        id: 'handler-imported-timeout',
        message: `the time-out of the imported function '${this.handler.node.path}' is not known here, and alarms and an API depend on it`,
        fix: "set 'timeout' to what the function has",
      });
    }
    if (imported && given.includes('failureDestination')) {
      faults.push({
        id: 'handler-imported-destination',
        message: `'failureDestination' is given for the imported function '${this.handler.node.path}', whose role cannot be allowed to write there`,
        fix: "configure the destination where the function is defined, and leave 'failureDestination' out here",
      });
    }
    if (version === undefined) {
      faults.push({
        id: 'handler-imported-function',
        message: `the function '${this.handler.node.path}' is imported, so no version of it can be published by this stack`,
        fix: 'pass a function that this app creates, or a version (lambda.Version.fromVersionArn)',
        see: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html',
      });
    }
    return faults;
  }

  public _bind(): BoundFunction {
    const version = this.publishedVersion()!;
    return { function: version.lambda, version };
  }

  private publishedVersion(): lambda.IVersion | undefined {
    if (this.handler instanceof lambda.Function) {
      return this.handler.currentVersion;
    }
    // An alias has both too, but its version is a construct.
    const { version } = this.handler as Partial<lambda.IVersion>;
    return typeof version === 'string' && 'lambda' in this.handler ? (this.handler as lambda.IVersion) : undefined;
  }
}

/** What functions of either packaging share. */
function functionProps(options: FunctionOptions): lambda.FunctionOptions {
  return {
    description: `Predictions of ${options.model.identity}`,
    memorySize: options.memorySize.toMebibytes(),
    timeout: options.timeout,
    ephemeralStorageSize: options.ephemeralStorage,
    reservedConcurrentExecutions: options.reservedConcurrency,
    role: options.role,
    logGroup: options.logGroup,
    tracing: options.tracing,
    environmentEncryption: options.encryptionKey,
    vpc: options.vpc,
    vpcSubnets: options.vpcSubnets,
    securityGroups: options.securityGroups,
    currentVersionOptions: options.currentVersionOptions,
  };
}
