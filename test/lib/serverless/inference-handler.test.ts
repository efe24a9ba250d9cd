import { Duration, Size, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { InferenceApi, InferenceHandler, ServerlessInference, type ServerlessInferenceProps } from '../../../lib';
import { tinyModel } from '../../fakes/models';
import { deafAlarms, unpublishedMetrics } from '../../helpers/published-metrics';
import { ofType, only, plain, testStack } from '../../helpers/synth';

const ENV = { region: 'eu-west-1', account: '111122223333' };
const ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:scorer';

function served(handler: InferenceHandler, stack: Stack, props: Partial<ServerlessInferenceProps> = {}) {
  const inference = new ServerlessInference(stack, 'Fraud', { model: tinyModel(), handler, ...props });
  return { stack, inference };
}

const own = (stack: Stack, props: Partial<lambda.FunctionProps> = {}) =>
  new lambda.Function(stack, 'Mine', {
    runtime: lambda.Runtime.PYTHON_3_13,
    handler: 'app.handler',
    code: lambda.Code.fromInline('pass'),
    ...props,
  });

const image = (stack: Stack) =>
  InferenceHandler.fromImage(
    lambda.DockerImageCode.fromEcr(ecr.Repository.fromRepositoryName(stack, 'Repo', 'scorer'), { tagOrDigest: 'v1' }),
  );

describe('the handler of the library: ', () => {
  test('is the default, and says so', () => {
    const stack = testStack();
    new ServerlessInference(stack, 'Fraud', { model: tinyModel() });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Architectures: ['arm64'],
      Layers: Match.anyValue(),
      Description: Match.stringLikeRegexp('^Predictions of fraud 1.4.0 \\([0-9a-f]{8}\\)$'),
    });
  });
});

describe('an image: ', () => {
  test('is run with what the library chose for the model, and the repository may be read', () => {
    const stack = testStack();
    served(image(stack), stack, { memorySize: Size.mebibytes(3000), architecture: lambda.Architecture.X86_64 });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      PackageType: 'Image',
      Architectures: ['x86_64'],
      MemorySize: 3000,
      Timeout: 10,
      Layers: Match.absent(),
      Environment: { Variables: { MODEL_NAME: 'fraud', MODEL_VERSION: '1.4.0' } },
    });
  });

  test('publishes nothing of ours, so no alarm and no widget looks for it', () => {
    const stack = testStack();
    served(image(stack), stack);
    expect(unpublishedMetrics(plain(stack))).toEqual([]);
  });

  test('another model version publishes another function version', () => {
    const version = (modelVersion: string) => {
      const stack = testStack();
      served(image(stack), stack, { model: tinyModel({ version: modelVersion }) });
      return ofType(plain(stack), 'AWS::Lambda::Version')[0][0];
    };
    expect(version('1')).not.toBe(version('2'));
  });
});

describe("a function of one's own: ", () => {
  test('is published and rolled out, and nothing of it is changed', () => {
    const stack = testStack();
    const mine = own(stack, { timeout: Duration.seconds(20), memorySize: 512 });
    const { inference } = served(InferenceHandler.fromFunction(mine), stack);
    expect(inference.function).toBe(mine);
    expect(inference.version).toBe(mine.currentVersion);
    expect(inference.timeout.toSeconds()).toBe(20);
    const template = plain(stack);
    const [, fn] = ofType(template, 'AWS::Lambda::Function').find(([id]) => id.startsWith('Mine'))!;
    expect(fn.Properties).toMatchObject({ Runtime: 'python3.13', MemorySize: 512, Timeout: 20 });
    expect(only(template, 'AWS::Lambda::Alias').UpdatePolicy).toBeDefined();
    expect(deafAlarms(template)).toEqual([]);
  });

  test('without a time-out has that of AWS Lambda, 3 seconds', () => {
    const stack = testStack();
    expect(served(InferenceHandler.fromFunction(own(stack)), stack).inference.timeout.toSeconds()).toBe(3);
  });

  test('has no metric of ours, so no alarm and no widget looks for one', () => {
    const stack = testStack();
    served(InferenceHandler.fromFunction(own(stack)), stack);
    expect(unpublishedMetrics(plain(stack))).toEqual([]);
  });

  test('has its own role and log, so none are made beside it', () => {
    const stack = testStack();
    served(InferenceHandler.fromFunction(own(stack)), stack);
    expect(Object.keys(plain(stack).Resources).filter((id) => /^Fraud(Logs|Role)/.test(id))).toEqual([]);
  });

  test.each([
    ['architecture', lambda.Architecture.ARM_64],
    ['memorySize', Size.mebibytes(512)],
    ['timeout', Duration.seconds(3)],
    ['ephemeralStorage', Size.mebibytes(512)],
    ['reservedConcurrency', 0],
    ['tracing', lambda.Tracing.DISABLED],
    ['logRetention', 7],
  ])('is set on itself: %s beside it is refused', (prop, value) => {
    const stack = testStack();
    expect(() => served(InferenceHandler.fromFunction(own(stack)), stack, { [prop]: value })).toThrow(
      new RegExp(
        `'${prop}' is given together with a function of your own: set it on the function.*handler-own-function`,
      ),
    );
  });

  test('all such props are named at once', () => {
    const stack = testStack();
    expect(() =>
      served(InferenceHandler.fromFunction(own(stack)), stack, {
        timeout: Duration.seconds(3),
        memorySize: Size.mebibytes(512),
      }),
    ).toThrow(/'memorySize'[^]*'timeout'/);
  });

  test('too slow for a gateway is refused by the API in front', () => {
    const stack = testStack();
    const { inference } = served(InferenceHandler.fromFunction(own(stack, { timeout: Duration.seconds(30) })), stack);
    expect(() => new InferenceApi(stack, 'Api', { inference })).toThrow(/may run for 30 seconds.*api-timeout-chain/);
  });
});

describe('an imported function: ', () => {
  test('cannot be published, so it is refused with what to do', () => {
    const stack = testStack({ env: ENV });
    const imported = lambda.Function.fromFunctionArn(stack, 'Theirs', ARN);
    expect(() => served(InferenceHandler.fromFunction(imported), stack)).toThrow(
      /'Stack\/Theirs' is imported[^]*lambda.Version.fromVersionArn.*handler-imported-function/,
    );
  });

  test('by its version it can be rolled out', () => {
    const stack = testStack({ env: ENV });
    const version = lambda.Version.fromVersionArn(stack, 'Theirs', `${ARN}:7`);
    const { inference } = served(InferenceHandler.fromFunction(version), stack, { timeout: Duration.seconds(3) });
    expect(inference.version).toBe(version);
    const template = plain(stack);
    expect(only(template, 'AWS::Lambda::Alias').Properties).toMatchObject({
      FunctionName: 'scorer',
      FunctionVersion: '7',
    });
    const latency = ofType(template, 'AWS::CloudWatch::Alarm').find(([id]) => id.includes('NewVersionErrors'))![1];
    expect(JSON.stringify(latency)).toContain('"Name":"ExecutedVersion","Value":"7"');
  });

  test('has a role that we cannot extend: nothing is configured that needs a permission it may lack', () => {
    // AWS Lambda refuses a destination that the function's role may not write to, when the stack is deployed.
    const stack = testStack({ env: ENV });
    const { inference } = served(
      InferenceHandler.fromFunction(lambda.Version.fromVersionArn(stack, 'Theirs', `${ARN}:7`)),
      stack,
      { timeout: Duration.seconds(3) },
    );
    expect(inference.failureQueue).toBeUndefined();
    expect(ofType(plain(stack), 'AWS::Lambda::EventInvokeConfig')).toEqual([]);
  });

  test('has a time-out that we do not know: it must be told, or an alarm might never fire', () => {
    const stack = testStack({ env: ENV });
    const handler = InferenceHandler.fromFunction(lambda.Version.fromVersionArn(stack, 'Theirs', `${ARN}:7`));
    expect(() => served(handler, stack)).toThrow(/time-out of the imported function.*'timeout'/);
    expect(
      served(handler, testStack({ env: ENV }), { timeout: Duration.seconds(2) }).inference.timeout.toSeconds(),
    ).toBe(2);
  });
});

test('an alias is no version: it is refused', () => {
  const stack = testStack();
  const alias = new lambda.Alias(stack, 'Theirs', { aliasName: 'prod', version: own(stack).currentVersion });
  expect(() => served(InferenceHandler.fromFunction(alias), stack)).toThrow(/handler-/);
});
