import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { App, NestedStack, Stack, Stage, Validations } from 'aws-cdk-lib';
import { Alarm, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { RULES } from '../../../lib/checks/rules/all-rules';
import { FLAGS } from '../../helpers/synth';
import { BLIND, BLIND_YAML, type Ran, Workplace, COLOUR } from './command-line';

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly template: string;
  readonly resource: string;
}

interface Sarif {
  readonly version: string;
  readonly runs: readonly {
    readonly tool: {
      readonly driver: { readonly name: string; readonly version: string; readonly rules: readonly SarifRule[] };
    };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string };
          readonly region: { readonly startLine: number };
        };
        readonly logicalLocations: readonly { readonly fullyQualifiedName: string }[];
      }[];
    }[];
  }[];
}

interface SarifRule {
  readonly id: string;
  readonly shortDescription: { readonly text: string };
  readonly helpUri: string;
  readonly defaultConfiguration: { readonly level: string };
}

interface Suite {
  readonly '@name': string;
  readonly '@tests': string;
  readonly '@failures': string;
  readonly testcase: readonly {
    readonly '@name': string;
    readonly failure?: { readonly '@type': string; readonly '#text': string };
  }[];
}

const ERROR = 'alarm-without-dimensions';
const WARNING = 'alarm-no-effect';

const work = new Workplace();
const json = work.write('stack.json', {
  Parameters: { Count: { Type: 'Number' } },
  Resources: { Blind: BLIND, 'Odd<&"\'': BLIND },
});
const yaml = work.write(
  'a folder/stack #1.yaml',
  `# Two alarms.\nResources:\n  Blind:${BLIND_YAML}\n  Other:${BLIND_YAML}`,
);
const clean = work.write('clean.json', { Resources: {} });

const alarms = (...args: readonly string[]): Ran => work.run('check', ...args, '--only', 'alarms');
const idsIn = ({ stdout }: Ran): string[] =>
  (JSON.parse(stdout) as Finding[]).map(({ id, resource }) => `${id} ${resource}`);

describe('exit codes', () => {
  test.each([
    [0, [clean]],
    [1, [json]],
    [1, [clean, json]],
    [0, [json, '--off', 'alarms']],
    [0, [json, '--off', ERROR]],
    [1, [json, '--off', ERROR, '--fail-on', 'warning']],
    [1, [json, '--off', WARNING, '--fail-on', 'warning']],
    [0, [clean, '--fail-on', 'warning']],
  ])('%i for check %j', (status, args) => {
    expect(alarms(...args).status).toBe(status);
  });
});

describe('a table', () => {
  test('says what, where, the fix and the page, without colours, and never cuts anything off', () => {
    const { stdout, stderr } = alarms(json, yaml);
    expect(stdout).not.toContain(COLOUR);
    expect(stdout).not.toContain('…');
    const words = stdout.replace(/[│\s]+/g, ' ');
    for (const word of [
      json,
      'a folder/stack #1.yaml',
      ERROR,
      'Odd<&"\'',
      'it never sees data',
      'fix: give the dimensions',
    ]) {
      expect(words).toContain(word);
    }
    expect(stdout.replace(/[│\s]+/g, '')).toContain(
      'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html',
    );
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('4 errors, 4 warnings in 2 templates');
    expect(stderr).toBe('');
  });

  test('holds the longest id of a rule and the longest word of a message', () => {
    const long = `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${'x'.repeat(120)}`;
    const file = work.write('long.json', {
      Resources: {
        Target: {
          Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
          Properties: {
            ServiceNamespace: 'sagemaker',
            ResourceId: `endpoint/${long}/variant/main`,
            MinCapacity: 2,
            MaxCapacity: 1,
          },
        },
        [`Blind${'y'.repeat(150)}`]: BLIND,
      },
    });
    const { stdout } = work.run('check', file);
    expect(stdout).not.toContain('…');
    expect(stdout.match(/y{20,}/g)?.join('')).toBe('y'.repeat(300));
  });

  test('of nothing is one line', () => {
    expect(alarms(clean).stdout).toBe('0 errors, 0 warnings in 1 template\n');
  });
});

test('JSON is a list of findings', () => {
  const findings = JSON.parse(alarms(json, '--format', 'json').stdout) as Finding[];
  expect(findings).toHaveLength(4);
  for (const finding of findings) {
    expect(Object.keys(finding)).toEqual(['id', 'severity', 'template', 'resource', 'message', 'fix', 'see']);
    const rule = RULES.find(({ id }) => id === finding.id)!;
    expect(finding).toMatchObject({ severity: rule.severity, template: json, fix: rule.fix, see: rule.see });
  }
  expect(JSON.parse(alarms(clean, '-f', 'json').stdout)).toEqual([]);
});

describe('SARIF', () => {
  const read = (...files: string[]) => JSON.parse(alarms(...files, '--format', 'sarif').stdout) as Sarif;

  test('has a version, rules, and results that point at them', () => {
    const { version, runs } = read(json);
    expect(version).toBe('2.1.0');
    expect(runs).toHaveLength(1);
    const [{ tool, results }] = runs;
    const { rules } = tool.driver;
    expect(tool.driver).toMatchObject({
      name: 'inference-patterns',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
    });
    expect(rules.length).toBeGreaterThan(5);
    for (const { id, shortDescription, helpUri, defaultConfiguration } of rules) {
      const rule = RULES.find((each) => each.id === id)!;
      expect([shortDescription.text, helpUri, defaultConfiguration.level]).toEqual([
        rule.title,
        rule.see,
        rule.severity,
      ]);
    }
    expect(results).toHaveLength(4);
    for (const { ruleId, ruleIndex, level, message } of results) {
      expect(rules[ruleIndex].id).toBe(ruleId);
      expect(level).toBe(rules[ruleIndex].defaultConfiguration.level);
      expect(message.text).toContain('. Fix: ');
    }
  });

  test('points at the line of the resource in JSON and in YAML', () => {
    const [{ results }] = read(json, yaml).runs;
    const pointed = results.map(({ locations: [{ physicalLocation, logicalLocations }] }) => {
      const file = path.join(work.folder, decodeURIComponent(physicalLocation.artifactLocation.uri));
      const line = readFileSync(file, 'utf8').split('\n')[physicalLocation.region.startLine - 1];
      return [line.trim().replace(/[:{ ]+$/, ''), logicalLocations[0].fullyQualifiedName];
    });
    expect(new Set(pointed.map(String))).toEqual(
      new Set(
        [
          ['"Blind"', 'Blind'],
          ['"Odd<&\\"\'"', 'Odd<&"\''],
          ['Blind', 'Blind'],
          ['Other', 'Other'],
        ].map(String),
      ),
    );
  });

  test('names files by addresses', () => {
    const uri = (file: string) => read(file).runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri;
    expect(uri(yaml)).toBe('a%20folder/stack%20%231.yaml');
    expect(uri(path.join(work.folder, json))).toBe(`file://${work.folder}/${json}`);
  });
});

test('JUnit is well-formed, has a suite per template, and its counts are right', () => {
  const { stdout } = alarms(json, yaml, clean, '--format', 'junit');
  expect(XMLValidator.validate(stdout)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    isArray: (name) => name === 'testsuite' || name === 'testcase',
  });
  const suites = (parser.parse(stdout) as { testsuites: { testsuite: Suite[] } }).testsuites.testsuite;
  expect(suites.map((suite) => suite['@name'])).toEqual([json, yaml, clean]);
  for (const { testcase, ...suite } of suites) {
    expect(Number(suite['@tests'])).toBe(testcase.length);
    expect(Number(suite['@failures'])).toBe(testcase.filter(({ failure }) => failure !== undefined).length);
  }
  expect(suites.map((suite) => suite['@failures'])).toEqual(['4', '4', '0']);
  const [first] = suites[0].testcase.filter(({ failure }) => failure !== undefined);
  expect([first['@name'], first.failure?.['@type']]).toEqual([`${ERROR} Blind`, 'error']);
  expect(first.failure?.['#text']).toContain('fix: ');
  expect(stdout).toContain('Odd&lt;&amp;&quot;&apos;');
});

test('rules are chosen by id or family', () => {
  const ids = (...args: string[]) => idsIn(work.run('check', json, '-f', 'json', ...args));
  expect(ids('--only', WARNING)).toEqual([`${WARNING} Blind`, `${WARNING} Odd<&"'`]);
  expect(ids('--only', 'scaling')).toEqual([]);
  expect(ids('--only', 'alarms', '--off', WARNING)).toEqual([`${ERROR} Blind`, `${ERROR} Odd<&"'`]);
  expect(ids('--off', 'alarms')).toEqual([]);
});

test('a template that is named twice is looked at once', () => {
  expect(idsIn(alarms(json, `./${json}`, '-f', 'json'))).toHaveLength(4);
});

describe('a baseline', () => {
  const old = work.write('old.json', alarms(json, '-f', 'json', '--off', WARNING).stdout);

  test('that was written is read back: what is old is known, what is new is reported', () => {
    const ran = alarms(json, '-f', 'json', '--baseline', old);
    expect(idsIn(ran)).toEqual([`${WARNING} Blind`, `${WARNING} Odd<&"'`]);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
  });

  test('tells what was fixed', () => {
    const fixed = {
      ...BLIND,
      Properties: { ...BLIND.Properties, Dimensions: [{ Name: 'StreamName', Value: 'events' }] },
    };
    const half = work.write('half/stack.json', { Resources: { Blind: fixed, 'Odd<&"\'': BLIND } });
    const { status, stderr } = alarms(half, '-f', 'json', '--baseline', old);
    expect(status).toBe(0);
    expect(stderr).toBe('1 entry of old.json not found any more: to be removed\n');
  });

  test('does not call fixed what was not looked for', () => {
    expect(work.run('check', json, '--only', 'scaling', '--baseline', old)).toMatchObject({ status: 0, stderr: '' });
    expect(alarms(clean, '--baseline', old)).toMatchObject({ status: 0, stderr: '' });
  });
});

test('what only the deployment knows is not judged, and said when asked for', () => {
  const file = work.write('open.json', {
    Parameters: { Any: { Type: 'String' } },
    Resources: {
      Blind: { ...BLIND, Properties: { ...BLIND.Properties, Dimensions: { Ref: 'Any' }, AlarmActions: ['x'] } },
    },
  });
  const { status, stdout, stderr } = alarms(file, '-f', 'json', '--explain');
  expect([status, JSON.parse(stdout)]).toEqual([0, []]);
  expect(stderr).toMatch(
    /^not judged: open\.json Blind Dimensions comes from parameter Any \(.*alarm-without-dimensions.*\)$/m,
  );
  expect(alarms(file).stderr).toBe('');
});

describe('what a resource acknowledges in its metadata', () => {
  const blind = (id: string) => ({
    ...BLIND,
    Metadata: { InferenceChecks: { acknowledge: [{ id, reason: 'shown on a wall' }] } },
  });
  test('is not reported', () => {
    const file = work.write('known.json', { Resources: { A: blind(ERROR), B: blind(WARNING) } });
    expect(idsIn(alarms(file, '-f', 'json'))).toEqual([`${ERROR} B`, `${WARNING} A`]);
  });
});

describe.each([
  [
    'by the cdk command, which adds metadata',
    'cdk.out',
    { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true },
  ],
  ['by itself', 'plain.out', {}],
])('an app that is synthesized %s', (_, folder, context) => {
  const CONSTRUCTS = [
    'Prod/Low/Blind/Resource',
    'Top/Blind/Resource',
    'Top/Inner/Blind/Resource',
    'Top/Inner/Deeper/Blind/Resource',
  ];
  const blind = (scope: Stack, id: string): Alarm =>
    new Alarm(scope, id, {
      metric: new Metric({ namespace: 'AWS/Kinesis', metricName: 'GetRecords.IteratorAgeMilliseconds' }),
      threshold: 60_000,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  const app = new App({
    outdir: path.join(work.folder, folder),
    context: { ...FLAGS, ...context },
    builtinCloudFormationValidation: false,
  });
  const stack = new Stack(app, 'Top');
  const staged = new Stack(new Stage(app, 'Prod'), 'Low');
  const nested = new NestedStack(stack, 'Inner');
  const deeper = new NestedStack(nested, 'Deeper');
  [stack, staged, nested, deeper].forEach((each) => blind(each, 'Blind'));
  for (const each of [blind(stack, 'Known'), blind(deeper, 'Known'), blind(staged, 'Known')]) {
    Validations.of(each).acknowledge({ id: `InferenceChecks::${ERROR}`, reason: 'a test' });
  }
  new Stack(app, 'Empty');
  app.synth();

  test('is looked at in all its stacks, those of stages and nested ones too, less what its constructs acknowledge', () => {
    const { status, stdout } = work.run('check', folder, '--only', ERROR);
    expect(status).toBe(1);
    const words = stdout.replace(/[│\s]+/g, ' ');
    for (const construct of CONSTRUCTS) {
      expect(words).toContain(construct);
    }
    expect(stdout).not.toContain('Known');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('4 errors, 0 warnings in 5 templates');
  });

  test('is told of what its constructs acknowledge only as far as they do', () => {
    const { stdout } = work.run('check', folder, '--only', WARNING);
    expect(stdout.match(/\/Known\/Resource/g)).toHaveLength(3);
  });

  test('names its constructs in SARIF', () => {
    const { runs } = JSON.parse(work.run('check', folder, '--only', ERROR, '-f', 'sarif').stdout) as Sarif;
    expect(
      runs[0].results.map(({ locations: [{ logicalLocations }] }) => logicalLocations[0].fullyQualifiedName).sort(),
    ).toEqual(CONSTRUCTS);
  });
});

test('an app whose construct acknowledges a rule that does not exist is refused', () => {
  const other = new App({ outdir: path.join(work.folder, 'odd.out'), context: FLAGS });
  Validations.of(new Stack(other, 'Odd')).acknowledge({ id: 'InferenceChecks::gone', reason: 'x' });
  other.synth();
  expect(work.run('check', 'odd.out')).toEqual({
    status: 2,
    stdout: '',
    stderr: "construct 'Odd' acknowledges the rule 'gone', which does not exist\n",
  });
});
