import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { S3 } from '@aws-sdk/client-s3';
import { type CreateTransformJobCommandInput, SageMaker } from '@aws-sdk/client-sagemaker';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalCloud } from '../../bin/local-cloud/local-cloud';
import { PAIR } from '../lambda/predict/models';
import { removeAssets, writeAsset } from '../lambda/served-model';

/** Transform jobs on the library's own container, bundled and recorded as an image: real ONNX, real processes, real clients. */

const BUNDLE = path.join(__dirname, '../../dist/containers/onnx-server');
const BUCKET = 'transform-test';

const app = (image: string) => `
const { App, Stack, aws_ecr_assets: assets, aws_s3: s3, aws_sagemaker: sagemaker } =
  require(${JSON.stringify(require.resolve('aws-cdk-lib'))});
const stack = new Stack(new App(), 'Transform');
const image = new assets.DockerImageAsset(stack, 'Image', { directory: ${JSON.stringify(image)} });
new s3.CfnBucket(stack, 'Bucket', { bucketName: '${BUCKET}' });
new sagemaker.CfnModel(stack, 'Model', {
  modelName: 'pair',
  executionRoleArn: 'arn:aws:iam::000000000000:role/any',
  primaryContainer: { image: image.imageUri },
});
`;

describe('a transform job', () => {
  let cloud: LocalCloud;
  let folder: string;
  let sageMaker: SageMaker;
  let s3: S3;

  beforeAll(async () => {
    const image = writeAsset(PAIR);
    cpSync(BUNDLE, image, { recursive: true });
    cloud = (await LocalCloud.start({ minuteSeconds: 0.2, report: console.log }))!;
    sageMaker = new SageMaker(cloud.clientConfig);
    s3 = new S3({ ...cloud.clientConfig, forcePathStyle: true });
    folder = mkdtempSync(path.join(os.tmpdir(), 'transform-app-'));
    writeFileSync(path.join(folder, 'app.js'), app(image));
    expect(await cloud.bootstrap({ cwd: folder })).toMatchObject({ succeeded: true });
    expect(await cloud.deploy('Transform', { app: 'node app.js', cwd: folder })).toMatchObject({ succeeded: true });
  }, 240_000);

  afterAll(async () => {
    await cloud?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
    removeAssets();
  });

  const put = (Key: string, Body: string) => s3.putObject({ Bucket: BUCKET, Key, Body });

  const get = async (Key: string) => (await s3.getObject({ Bucket: BUCKET, Key })).Body!.transformToString('utf8');

  const job = (name: string, manifest: string): CreateTransformJobCommandInput => ({
    TransformJobName: name,
    ModelName: 'pair',
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'ManifestFile', S3Uri: `s3://${BUCKET}/${manifest}` } },
      ContentType: 'text/csv',
      SplitType: 'Line',
    },
    TransformOutput: { S3OutputPath: `s3://${BUCKET}/results/${name}`, AssembleWith: 'Line' },
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
  });

  /** The description of the job over these objects when it has ended. */
  async function run(name: string, ...keys: string[]) {
    await put(`${name}.manifest`, JSON.stringify([{ prefix: `s3://${BUCKET}/` }, ...keys]));
    await sageMaker.createTransformJob(job(name, `${name}.manifest`));
    for (;;) {
      const description = await sageMaker.describeTransformJob({ TransformJobName: name });
      if (description.TransformJobStatus !== 'InProgress') return description;
      await sleep(50);
    }
  }

  test('predicts each line of each object of a manifest, in order, one line each', async () => {
    const rows = Array.from({ length: 50 }, (_, row) => `${row},${row / 4}`);
    await put('day/one.csv', `${rows.join('\n')}\n`);
    await put('day/two.csv', '7,8');
    const description = await run('whole', 'day/one.csv', 'day/two.csv');
    expect(description).toMatchObject({ TransformJobStatus: 'Completed' });
    expect(description.TransformEndTime!.getTime()).toBeGreaterThan(description.CreationTime!.getTime());
    const lines = (await get('results/whole/day/one.csv.out')).trimEnd().split('\n');
    const predictions = lines.map((line) => (JSON.parse(line) as { predictions: unknown[] }).predictions);
    expect(predictions).toEqual(rows.map((row) => [row.split(',').map(Number)]));
    expect(JSON.parse(await get('results/whole/day/two.csv.out'))).toMatchObject({ predictions: [[7, 8]] });
  }, 30_000);

  test('fails for a bad line, which its data log names, and keeps the result of the other object', async () => {
    await put('day/good.csv', '1,2\n');
    await put('day/bad.csv', '1,2\nnone,3\n');
    expect(await run('partly', 'day/good.csv', 'day/bad.csv')).toMatchObject({
      TransformJobStatus: 'Failed',
      FailureReason: 'ClientError: See job logs for more information',
    });
    expect(await get('results/partly/day/good.csv.out')).toContain('"predictions":[[1,2]]');
    await expect(get('results/partly/day/bad.csv.out')).rejects.toMatchObject({ name: 'NoSuchKey' });
    const logs = new CloudWatchLogs(cloud.clientConfig);
    const group = { logGroupName: '/aws/sagemaker/TransformJobs' };
    const { logStreams } = await logs.describeLogStreams({ ...group, logStreamNamePrefix: 'partly/' });
    const [name] = logStreams!.map((stream) => stream.logStreamName!).filter((stream) => stream.endsWith('/data-log'));
    const { events } = await logs.getLogEvents({ ...group, logStreamName: name });
    const about = events!
      .map(({ message }) => message!)
      .filter((message) => message.includes(`${BUCKET}/day/bad.csv: `));
    expect(about[0]).toMatch(/\[sagemaker logs\]: transform-test\/day\/bad\.csv: ClientError: 4\d\d$/);
    expect(about.at(-1)).toContain('"error"');
  }, 30_000);

  test('is refused over the quota of its instance type, and while requests are throttled', async () => {
    const once = new SageMaker({ ...cloud.clientConfig, maxAttempts: 1 });
    await cloud.limitTransformJobs({ 'ml.m5.large': 0 });
    const refused = once.createTransformJob(job('refused', 'whole.manifest'));
    await expect(refused).rejects.toMatchObject({ name: 'ResourceLimitExceeded' });
    await cloud.limitTransformJobs({}, 1);
    const throttled = once.createTransformJob(job('refused', 'whole.manifest'));
    await expect(throttled).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(await run('taken', 'day/two.csv')).toMatchObject({ TransformJobStatus: 'Completed' });
    const taken = once.createTransformJob(job('taken', 'taken.manifest'));
    await expect(taken).rejects.toMatchObject({ name: 'ResourceInUse' });
  }, 30_000);
});
