import { App, Stack, Stage, Validations } from 'aws-cdk-lib';
import { CfnEndpoint } from 'aws-cdk-lib/aws-sagemaker';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { XMLValidator } from 'fast-xml-parser';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CHANGE_RULES } from '../../../lib/checks/changes/all-changes';
import { FLAGS } from '../../helpers/synth';
import { type Ran, Workplace, COLOUR } from './command-line';

interface Location {
  readonly physicalLocation: {
    readonly artifactLocation: { readonly uri: string };
    readonly region: { readonly startLine: number };
  };
}

interface Found {
  readonly id: string;
  readonly template: string;
  readonly resource: string;
  readonly fix: string;
}

const work = new Workplace();
const topic = (name: string) => ({ Type: 'AWS::SNS::Topic', Properties: { TopicName: name } });
const queue = (extra: object = {}) => ({ Type: 'AWS::SQS::Queue', Properties: {}, ...extra });
const old = work.write('old.json', { Resources: { Topic: topic('a'), Queue: queue() } });
const now = work.write(
  'new.yaml',
  "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties: {TopicName: !Sub 'b'}\n",
);

const found = ({ stdout }: Ran): string[][] =>
  (JSON.parse(stdout) as Found[]).map(({ id, template, resource }) => [id, template, resource]);

describe('two files', () => {
  test('are compared, and the exit code is that of the worst', () => {
    const ran = work.run('diff', old, now, '-f', 'json');
    expect(ran).toMatchObject({ status: 1, stderr: '' });
    expect(found(ran)).toEqual([
      ['change-physical-name', now, 'Topic'],
      ['change-store-deleted', old, 'Queue'],
    ]);
    expect((JSON.parse(ran.stdout) as Found[]).every(({ fix }) => fix.startsWith('1. '))).toBe(true);
  });

  test('that are the same have nothing', () => {
    expect(work.run('diff', old, old)).toEqual({
      status: 0,
      stdout: '0 errors, 0 warnings in 1 template\n',
      stderr: '',
    });
  });

  test('with a warning alone end with 0, or with 1 where that is asked for', () => {
    const renamed = work.write('renamed.json', { Resources: { Topic: topic('b'), Queue: queue() } });
    expect(work.run('diff', old, renamed).status).toBe(0);
    expect(work.run('diff', old, renamed, '--fail-on', 'warning').status).toBe(1);
  });

  test('in a table show the steps without colours', () => {
    const { stdout } = work.run('diff', old, now);
    expect(stdout.replace(/[│\s]+/g, ' ')).toContain('fix: 1. ');
    expect(stdout).not.toContain(COLOUR);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('1 error, 1 warning in 2 templates');
  });

  test('in SARIF point at the old file where a resource is gone, and at the new one else', () => {
    const { runs } = JSON.parse(work.run('diff', old, now, '-f', 'sarif').stdout) as {
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: { ruleIndex: number; ruleId: string; locations: Location[] }[];
      }[];
    };
    const [{ tool, results }] = runs;
    expect(tool.driver.rules.map(({ id }) => id)).toEqual(CHANGE_RULES.map(({ id }) => id));
    expect(results.map(({ ruleIndex }) => tool.driver.rules[ruleIndex].id)).toEqual(
      results.map(({ ruleId }) => ruleId),
    );
    const lines = results.map(({ locations }) => {
      const { artifactLocation, region } = locations[0].physicalLocation;
      const text = readFileSync(path.join(work.folder, artifactLocation.uri), 'utf8');
      return text.split('\n')[region.startLine - 1].trim();
    });
    expect(lines).toEqual(['Topic:', '"Queue": {']);
  });

  test('in JUnit are well-formed', () => {
    const { stdout } = work.run('diff', old, now, '-f', 'junit');
    expect(XMLValidator.validate(stdout)).toBe(true);
    expect(stdout.match(/<failure /g)).toHaveLength(2);
  });

  test('may acknowledge a change where it will be', () => {
    const acknowledge = (id: string) => ({ InferenceChecks: { acknowledge: [{ id, reason: 'nobody uses it' }] } });
    const known = work.write('known.json', {
      Metadata: acknowledge('change-store-deleted'),
      Resources: { Topic: { ...topic('b'), Metadata: acknowledge('change-physical-name') } },
    });
    expect(found(work.run('diff', old, known, '-f', 'json'))).toEqual([]);
  });
});

describe('two apps', () => {
  function app(folder: string, build: (stack: Stack, staged: Stack) => void): void {
    const made = new App({
      outdir: path.join(work.folder, folder),
      context: FLAGS,
      builtinCloudFormationValidation: false,
    });
    build(new Stack(made, 'Top'), new Stack(new Stage(made, 'Prod'), 'Low'));
    made.synth();
  }
  const endpoint = (stack: Stack, id: string, endpointName: string): CfnEndpoint =>
    new CfnEndpoint(stack, id, { endpointConfigName: 'config', endpointName });

  app('old.out', (stack, staged) => {
    endpoint(stack, 'Chat', 'chat');
    endpoint(staged, 'Chat', 'low-chat');
    new Queue(stack, 'Jobs', { encryption: QueueEncryption.KMS_MANAGED });
  });
  app('new.out', (stack, staged) => {
    endpoint(stack, 'Chat', 'talk');
    endpoint(staged, 'Chat', 'low-talk');
  });
  app('known.out', (stack, staged) => {
    for (const each of [endpoint(stack, 'Chat', 'talk'), endpoint(staged, 'Chat', 'low-talk')]) {
      Validations.of(each).acknowledge({ id: 'InferenceChecks::change-endpoint-replaced', reason: 'a test' });
    }
  });

  test('are compared stack by stack, those of stages too', () => {
    const ran = work.run('diff', 'old.out', 'new.out', '-f', 'json');
    expect(ran.status).toBe(1);
    expect(found(ran).map(([id, template]) => [id, template.replace(/[0-9A-F]{8}/, '')])).toEqual([
      ['change-endpoint-replaced', 'new.out/Top.template.json'],
      ['change-store-deleted', 'old.out/Top.template.json'],
      ['change-endpoint-replaced', 'new.out/assembly-Prod/ProdLow.template.json'],
    ]);
  });

  test('name constructs, those that are gone too', () => {
    const words = work.run('diff', 'old.out', 'new.out').stdout.replace(/[│\s]+/g, ' ');
    for (const construct of ['Top/Chat (Chat)', 'Prod/Low/Chat (Chat)', 'Top/Jobs/Resource (Jobs']) {
      expect(words).toContain(construct);
    }
  });

  test('may acknowledge a change at a construct', () => {
    expect(found(work.run('diff', 'old.out', 'known.out', '-f', 'json')).map(([id]) => id)).toEqual([
      'change-store-deleted',
    ]);
  });
});
