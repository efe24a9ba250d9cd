import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { ListTransformJobsCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LocalCloud } from '../../bin/local-cloud/local-cloud';
import { heldOutRows } from '../../bin/sample/breast-cancer';
import type { CurrentRun, Outcome, RunSummary } from '../../lambda/batch/contract';

jest.setTimeout(240_000);

const STACK = 'Transform';
const TYPE = 'ml.m5.xlarge';
const OBJECTS = 9;
const APP = `npx --no-install tsx ${join(__dirname, 'transform-app.ts')}`;

interface Run {
  readonly status: string;
  readonly cause?: string;
  readonly summary?: RunSummary;
  readonly arn: string;
}

/** The other engine on a local cloud: jobs that really run the library's container, begun by the real state machine. */
describe('a batch by transform jobs', () => {
  let cloud: LocalCloud;
  let bucket: string;
  let alias: string;
  let s3: S3Client;
  let states: SFNClient;
  let sageMaker: SageMakerClient;
  const labels = new Map<string, string[]>();

  async function deploy(modelVersion: string): Promise<Readonly<Record<string, string>>> {
    const deployed = await cloud.deploy(STACK, {
      app: APP,
      context: { modelVersion },
    });
    if (!deployed.succeeded) {
      throw new Error(deployed.output);
    }
    return deployed.outputs;
  }

  const put = (Key: string, text: string) =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.from(text) }));

  const read = async (key: string): Promise<string> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Body!.transformToString();
  };

  async function ended(arn: string): Promise<Run> {
    for (;;) {
      const { status, cause, output } = await states.send(new DescribeExecutionCommand({ executionArn: arn }));
      if (status !== 'RUNNING') {
        const summary = status === 'SUCCEEDED' ? (JSON.parse(output!) as RunSummary) : undefined;
        return { status: status!, cause, summary, arn };
      }
      await pause(200);
    }
  }

  const current = async () => JSON.parse(await read('scored/current.json')) as CurrentRun;

  async function manifest(): Promise<Outcome[]> {
    return (await read((await current()).manifest))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Outcome);
  }

  const jobs = async () =>
    (await sageMaker.send(new ListTransformJobsCommand({ MaxResults: 100 }))).TransformJobSummaries!.map(
      ({ TransformJobName: name, TransformJobStatus: status }) => ({ name: name!, status: status! }),
    );

  beforeAll(async () => {
    cloud = (await LocalCloud.start({ minuteSeconds: 0.2, report: console.log }))!;
    expect(await cloud.bootstrap()).toMatchObject({ succeeded: true });
    const outputs = await deploy('1.0.0');
    [bucket, alias] = [outputs.BucketName, outputs.AliasArn];
    s3 = new S3Client({ ...cloud.clientConfig, forcePathStyle: true });
    states = new SFNClient(cloud.clientConfig);
    sageMaker = new SageMakerClient(cloud.clientConfig);
    const [, ...rows] = heldOutRows().trim().split('\n');
    const size = Math.ceil(rows.length / OBJECTS);
    for (let index = 0; index < OBJECTS; index++) {
      const part = rows.slice(index * size, (index + 1) * size);
      const key = `arrived/clinic ${index + 1}: day.csv`;
      labels.set(
        key,
        part.map((row) => row.slice(row.lastIndexOf(',') + 1)),
      );
      await put(key, part.map((row) => row.slice(0, row.lastIndexOf(','))).join('\n'));
    }
    await put('arrived/empty.csv', '');
    await put('arrived/short.csv', '1,2,3\n');
  });

  afterAll(async () => {
    await cloud?.stop();
  });

  describe('a run during which another version is deployed: ', () => {
    let first: Run;

    beforeAll(async () => {
      await cloud.limitTransformJobs({ [TYPE]: 2 }, 1);
      const { executionArn } = await states.send(new StartExecutionCommand({ stateMachineArn: alias, input: '{}' }));
      await deploy('2.0.0');
      first = await ended(executionArn!);
    });

    test('it ends with the model that it began with', async () => {
      expect(first.summary!.model).toEqual({ name: 'breast-cancer', version: '1.0.0' });
      expect(await current()).toMatchObject({ run: first.summary!.run, model: { version: '1.0.0' } });
    });

    test('every object is scored or in quarantine, though fewer instances may run than are asked for', () => {
      expect(first).toMatchObject({
        status: 'SUCCEEDED',
        summary: {
          objects: { scored: OBJECTS, quarantined: 2, kept: 0 },
          records: { in: 171, out: 171 },
          scores: { count: 171 },
        },
      });
      expect(first.summary!.cost.seconds).toBeGreaterThan(0);
      expect(first.summary!.cost.usd).toBeGreaterThan(0);
    });

    test('what no job could score cost none, and what the container refused has its words', async () => {
      const reasons = (await manifest()).flatMap((outcome) =>
        outcome.status === 'quarantined' ? [[outcome.key, outcome.reason]] : [],
      );
      expect(new Map(reasons as [string, string][])).toEqual(
        new Map([
          ['arrived/empty.csv', 'it is empty'],
          ['arrived/short.csv', expect.stringMatching(/ClientError: 400.*row 1 has 3 values instead of 30/)],
        ]),
      );
    });

    test('it is as accurate as through the API', async () => {
      let right = 0;
      for (const outcome of await manifest()) {
        if (outcome.status === 'scored') {
          const lines = (await read(outcome.output.replace(/^s3:\/\/[^/]+\//, ''))).trimEnd().split('\n');
          const expected = labels.get(outcome.key)!;
          expect(lines).toHaveLength(expected.length);
          right += lines.filter(
            (line, index) => String((JSON.parse(line) as { malignant: number }).malignant) === expected[index],
          ).length;
        }
      }
      expect(right).toBe(158);
    });

    test('names of jobs are legal, and all others than before', async () => {
      const names = (await jobs()).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      names.forEach((name) => expect(name).toMatch(/^breast-cancer-[a-z0-9](-*[a-z0-9]){0,48}$/));
    });
  });
});
