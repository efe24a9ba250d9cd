import { SageMaker } from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalCloud } from '../../bin/local-cloud/local-cloud';

/**
 * An endpoint on an image of its own, by the ordinary `cdk` command: what the image's build context holds serves it. A
 * minute of AWS is half a second.
 */

const MODEL_SERVER = path.join(__dirname, 'model-server');
const ENDPOINT = 'Chat';

/** Environment for the container is all that tells one version from the next. */
const APP = `
const { App, CfnOutput, Duration, Stack, aws_cloudwatch: cloudwatch, aws_ecr_assets: assets, aws_s3_assets: files, aws_sagemaker: sagemaker } =
  require(${JSON.stringify(require.resolve('aws-cdk-lib'))});
const app = new App();
const stack = new Stack(app, 'Endpoint');
const image = new assets.DockerImageAsset(stack, 'Image', { directory: ${JSON.stringify(MODEL_SERVER)} });
const weights = new files.Asset(stack, 'Weights', { path: ${JSON.stringify(path.join(MODEL_SERVER, 'Dockerfile'))} });
const model = new sagemaker.CfnModel(stack, 'Model', {
  executionRoleArn: 'arn:aws:iam::000000000000:role/any',
  primaryContainer: {
    image: image.imageUri,
    environment: { MODE: app.node.getContext('mode') },
    modelDataSource: { s3DataSource: { s3Uri: weights.s3ObjectUrl, s3DataType: 'S3Object', compressionType: 'None' } },
  },
});
const config = new sagemaker.CfnEndpointConfig(stack, 'Config', {
  productionVariants: [{
    variantName: 'AllTraffic', modelName: model.attrModelName, instanceType: 'ml.m5.large',
    initialInstanceCount: 2, initialVariantWeight: 1,
  }],
});
const errors = new cloudwatch.Alarm(stack, 'Errors', {
  metric: new cloudwatch.Metric({
    namespace: 'AWS/SageMaker', metricName: 'Invocation5XXErrors', statistic: 'Sum',
    period: Duration.minutes(1), dimensionsMap: { EndpointName: '${ENDPOINT}', VariantName: 'AllTraffic', EndpointConfigName: config.attrEndpointConfigName },
  }),
  threshold: 1, evaluationPeriods: 1, treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
});
const endpoint = new sagemaker.CfnEndpoint(stack, 'Endpoint', {
  endpointName: '${ENDPOINT}',
  endpointConfigName: config.attrEndpointConfigName,
  deploymentConfig: {
    blueGreenUpdatePolicy: {
      trafficRoutingConfiguration: { type: 'CANARY', waitIntervalInSeconds: 300, canarySize: { type: 'CAPACITY_PERCENT', value: 50 } },
      terminationWaitInSeconds: 120,
    },
    autoRollbackConfiguration: { alarms: [{ alarmName: errors.alarmName }] },
  },
});
new CfnOutput(stack, 'Arn', { value: endpoint.ref });
new CfnOutput(stack, 'ConfigName', { value: config.attrEndpointConfigName });
new CfnOutput(stack, 'ImageUri', { value: image.imageUri });
`;

interface Answer {
  readonly mode: string;
  readonly files: Record<string, string>;
}

describe('a SageMaker endpoint', () => {
  let cloud: LocalCloud;
  let folder: string;
  let sageMaker: SageMaker;
  let runtime: SageMakerRuntimeClient;
  let outputs: Record<string, string>;

  beforeAll(async () => {
    cloud = (await LocalCloud.start({ minuteSeconds: 0.5, report: console.log }))!;
    sageMaker = new SageMaker(cloud.clientConfig);
    runtime = new SageMakerRuntimeClient({ ...cloud.clientConfig, maxAttempts: 1 });
    folder = mkdtempSync(path.join(os.tmpdir(), 'endpoint-app-'));
    writeFileSync(path.join(folder, 'app.js'), APP);
    expect(await cloud.bootstrap({ cwd: folder })).toMatchObject({ succeeded: true });
  }, 240_000);

  afterAll(async () => {
    await cloud?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const deploy = (mode: string) => cloud.deploy('Endpoint', { app: 'node app.js', cwd: folder, context: { mode } });

  const describeEndpoint = () => sageMaker.describeEndpoint({ EndpointName: ENDPOINT });

  async function invoke(EndpointName = ENDPOINT): Promise<Answer> {
    const answer = await runtime.send(
      new InvokeEndpointCommand({ EndpointName, Body: '{}', ContentType: 'application/json' }),
    );
    return JSON.parse(Buffer.from(answer.Body).toString()) as Answer;
  }

  /** Deploys while callers call; answers what cdk said and how often each mode, or error, answered. */
  async function deployUnderTraffic(mode: string) {
    const answers: Record<string, number> = {};
    const deploying = new AbortController();
    const callers = (async () => {
      while (!deploying.signal.aborted) {
        const answer = await invoke().then(
          ({ mode }) => mode,
          (error: { name: string; OriginalStatusCode?: number }) => `${error.name} ${error.OriginalStatusCode}`,
        );
        answers[answer] = (answers[answer] ?? 0) + 1;
        await sleep(20);
      }
    })();
    const result = await deploy(mode);
    deploying.abort();
    await callers;
    return { ...result, answers };
  }

  test('is made from a recorded build context, of which cdk says that no image was built', async () => {
    const deployed = await deploy('one');
    expect(deployed).toMatchObject({ succeeded: true });
    expect(deployed.output).toMatch(/no image was built/);
    outputs = deployed.outputs;
    expect(outputs.Arn).toBe(`arn:aws:sagemaker:us-east-1:000000000000:endpoint/${ENDPOINT.toLowerCase()}`);
    const answer = await invoke();
    expect(answer.mode).toBe('one');
    expect(Object.values(answer.files)).toEqual([expect.stringContaining('FROM scratch')]);
    expect(await describeEndpoint()).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: outputs.ConfigName,
      ProductionVariants: [{ VariantName: 'AllTraffic', CurrentWeight: 1, CurrentInstanceCount: 2 }],
    });
  }, 60_000);

  test('is updated by canary without losing an invocation, and the old configuration is cleaned up', async () => {
    const { succeeded, output, answers, outputs: updated } = await deployUnderTraffic('two');
    expect(succeeded).toBe(true);
    // The image was pushed by the first deployment.
    expect(output).not.toMatch(/no image was built/);
    expect(Object.keys(answers).sort()).toEqual(['one', 'two']);
    expect((await describeEndpoint()).EndpointConfigName).toBe(updated.ConfigName);
    const [deployment] = await cloud.endpointDeployments();
    expect(deployment).toMatchObject({ from: outputs.ConfigName, to: updated.ConfigName, status: 'Succeeded' });
    expect(deployment.shares.map(({ share }) => share)).toEqual([0.5, 1]);
    const gone = sageMaker.describeEndpointConfig({ EndpointConfigName: outputs.ConfigName });
    await expect(gone).rejects.toThrow(/Could not find endpoint configuration/);
    outputs = updated;
  }, 60_000);

  test('is rolled back by the alarm on the new configuration alone, while the stack says success', async () => {
    const { succeeded, answers } = await deployUnderTraffic('broken');
    expect(succeeded).toBe(true);
    expect(Object.keys(answers).sort()).toEqual(['ModelError 500', 'two']);
    const endpoint = await describeEndpoint();
    expect(endpoint).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: outputs.ConfigName });
    expect(endpoint.FailureReason).toMatch(/rolled back.*Alarms in ALARM: Endpoint-Errors/);
    const deployments = await cloud.endpointDeployments();
    expect(deployments.at(-1)).toMatchObject({ status: 'RolledBack' });
    expect(deployments.at(-1)!.shares.map(({ share }) => share)).toEqual([0.5, 0]);
    expect((await invoke()).mode).toBe('two');
    const [{ processes }] = await cloud.endpoints();
    expect(processes).toHaveLength(1);
  }, 60_000);

  test('is deleted with its stack, and its process ends', async () => {
    const [{ processes }] = await cloud.endpoints();
    expect(
      await cloud.destroy('Endpoint', { app: 'node app.js', cwd: folder, context: { mode: 'one' } }),
    ).toMatchObject({
      succeeded: true,
    });
    expect(await cloud.endpoints()).toEqual([]);
    expect(processes.filter(isAlive)).toEqual([]);
    await expect(invoke()).rejects.toMatchObject({ name: 'ValidationError' });
  }, 60_000);

  test('ends with the emulator, even one that is killed', async () => {
    const ExecutionRoleArn = 'arn:aws:iam::000000000000:role/any';
    const PrimaryContainer = { Image: outputs.ImageUri, Environment: { MODE: 'direct' } };
    await sageMaker.createModel({ ModelName: 'model', ExecutionRoleArn, PrimaryContainer });
    const variant = {
      VariantName: 'v',
      ModelName: 'model',
      InstanceType: 'ml.m5.large',
      InitialInstanceCount: 1,
    } as const;
    await sageMaker.createEndpointConfig({ EndpointConfigName: 'config', ProductionVariants: [variant] });
    await sageMaker.createEndpoint({ EndpointName: 'direct', EndpointConfigName: 'config' });
    while ((await sageMaker.describeEndpoint({ EndpointName: 'direct' })).EndpointStatus === 'Creating')
      await sleep(20);
    expect((await invoke('direct')).mode).toBe('direct');
    const [{ processes }] = await cloud.endpoints();
    expect(processes.map(isAlive)).toEqual([true]);
    process.kill((cloud as unknown as { emulator: { pid: number } }).emulator.pid, 'SIGKILL');
    for (let waited = 0; processes.some(isAlive) && waited < 5_000; waited += 50) await sleep(50);
    expect(processes.filter(isAlive)).toEqual([]);
  }, 30_000);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
