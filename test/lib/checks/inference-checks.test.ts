import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, type CfnResource, Duration, NestedStack, Stack, Validations } from 'aws-cdk-lib';
import { Alarm, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { CheckSeverity, InferenceChecks, type InferenceChecksProps } from '../../../lib/checks/inference-checks';
import { FLAGS } from '../../helpers/synth';

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly conclusion: string;
    readonly violations: readonly {
      readonly ruleName: string;
      readonly severity: string;
      readonly suggestedFix?: string;
      readonly fix?: string;
      readonly violatingConstructs: readonly { readonly constructPath: string; readonly constructStack?: string }[];
    }[];
  }[];
}

function testApp(props?: InferenceChecksProps): App {
  const app = new App({
    outdir: mkdtempSync(path.join(tmpdir(), 'checks-')),
    context: { ...FLAGS, '@aws-cdk/core:failSynthOnValidationErrors': true },
    builtinCloudFormationValidation: false,
  });
  Validations.of(app).addPlugins(new InferenceChecks(props));
  return app;
}

/** An alarm on a metric of Kinesis that names no stream: it never sees data. */
function blindAlarm(stack: Stack, id = 'Blind'): Alarm {
  return new Alarm(stack, id, {
    metric: new Metric({
      namespace: 'AWS/Kinesis',
      metricName: 'GetRecords.IteratorAgeMilliseconds',
      period: Duration.minutes(1),
    }),
    threshold: 60_000,
    evaluationPeriods: 3,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
}

const acknowledgeSilence = (alarm: Alarm): void =>
  Validations.of(alarm).acknowledge({ id: 'InferenceChecks::alarm-no-effect', reason: 'shown on a wall' });

function failure(app: App): string {
  try {
    app.synth();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

const reportOf = (app: App): Report =>
  JSON.parse(readFileSync(path.join(app.outdir, 'validation-report.json'), 'utf8')) as Report;

function found(app: App): [string, string, string | undefined][] {
  failure(app);
  return reportOf(app).pluginReports.flatMap(({ violations }) =>
    violations.map(
      ({ ruleName, severity, violatingConstructs }) =>
        [ruleName, severity, violatingConstructs[0]?.constructPath] as [string, string, string | undefined],
    ),
  );
}

beforeEach(() => {
  // Warnings are shown there.
  jest.spyOn(console, 'error').mockImplementation();
});

test('an error fails synthesis, and says where, what, the fix and the page', () => {
  const app = testApp();
  blindAlarm(new Stack(app, 'Stack'));
  const message = failure(app);
  expect(message).toContain('Stack/Blind');
  expect(message).toContain('never sees data');
  expect(message).toContain('give the dimensions under which the service publishes the metric');
  expect(message).toContain('https://docs.aws.amazon.com/');
  expect(message).toContain('InferenceChecks::alarm-without-dimensions');
});

test('the line that made the construct is named', () => {
  process.env.CDK_DEBUG = '1';
  const app = testApp();
  blindAlarm(new Stack(app, 'Stack'));
  const message = failure(app);
  delete process.env.CDK_DEBUG;
  expect(message).toMatch(/inference-checks\.test\.ts:\d+/);
});

test('a warning is shown and fails nothing', () => {
  const app = testApp({ rules: ['alarm-no-effect'] });
  blindAlarm(new Stack(app, 'Stack'));
  expect(failure(app)).toBe('');
  expect(found(app)).toEqual([['alarm-no-effect', 'warning', 'Stack/Blind/Resource']]);
});

test('what is acknowledged at a construct is not reported', () => {
  const app = testApp({ rules: ['alarm-no-effect'] });
  const stack = new Stack(app, 'Stack');
  acknowledgeSilence(blindAlarm(stack, 'One'));
  blindAlarm(stack, 'Other');
  expect(found(app)).toEqual([['alarm-no-effect', 'warning', 'Stack/Other/Resource']]);
});

test('what is acknowledged in the metadata of a resource is not reported', () => {
  const app = testApp({ rules: ['alarm-no-effect'] });
  const stack = new Stack(app, 'Stack');
  const resource = blindAlarm(stack, 'One').node.defaultChild as CfnResource;
  resource.addMetadata('InferenceChecks', { acknowledge: [{ id: 'alarm-no-effect', reason: 'shown on a wall' }] });
  blindAlarm(stack, 'Other');
  expect(found(app)).toEqual([['alarm-no-effect', 'warning', 'Stack/Other/Resource']]);
});

test('what is acknowledged in the metadata of a template is not reported in all of it', () => {
  const app = testApp({ rules: ['alarm-no-effect'] });
  const stack = new Stack(app, 'Stack');
  stack.addMetadata('InferenceChecks', { acknowledge: [{ id: 'alarm-no-effect', reason: 'shown on a wall' }] });
  blindAlarm(stack);
  expect(found(app)).toEqual([]);
});

test('an acknowledged rule that does not exist fails synthesis', () => {
  const app = testApp();
  const stack = new Stack(app, 'Stack');
  Validations.of(stack).acknowledge({ id: 'InferenceChecks::alarm-no-efect', reason: 'misspelt' });
  expect(failure(app)).toContain("construct 'Stack' acknowledges the rule 'alarm-no-efect', which does not exist");
});

test.each([
  [{ acknowledge: 'alarm-no-effect' }, 'must be a list of { id, reason }'],
  [{ acknowledge: [{ id: 'alarm-no-effect' }] }, "acknowledge[0] needs an 'id' and a 'reason'"],
  [{ acknowledge: [{ id: 'alarm-no-effect', reason: ' ' }] }, "acknowledge[0] needs an 'id' and a 'reason'"],
  [{ acknowledge: [{ id: 'gone', reason: 'x' }] }, "acknowledges the rule 'gone', which does not exist"],
])('metadata that acknowledges %j fails synthesis', (metadata, message) => {
  const app = testApp();
  const stack = new Stack(app, 'Stack');
  (blindAlarm(stack).node.defaultChild as CfnResource).addMetadata('InferenceChecks', metadata);
  expect(failure(app)).toContain(message);
});

test('rules are chosen by id or by family, and severities changed by both', () => {
  const run = (props: InferenceChecksProps) => {
    const app = testApp(props);
    blindAlarm(new Stack(app, 'Stack'));
    return found(app).map(([rule, severity]) => `${rule} ${severity}`);
  };
  expect(run({ rules: ['scaling'] })).toEqual([]);
  expect(run({ rules: ['scaling', 'alarm-without-dimensions'] })).toEqual(['alarm-without-dimensions error']);
  expect(run({ severities: { alarms: CheckSeverity.OFF } })).toEqual([]);
  expect(run({ severities: { alarms: CheckSeverity.WARNING, 'alarm-no-effect': CheckSeverity.OFF } })).toEqual([
    'alarm-without-dimensions warning',
  ]);
});

test('rules and families that do not exist are refused, with a hint', () => {
  expect(() => new InferenceChecks({ rules: ['alarms', 'alarm-dimension'] })).toThrow(
    /'rules' names 'alarm-dimension'.*such as 'alarm-dimensions'/,
  );
  expect(() => new InferenceChecks({ severities: { alarm: CheckSeverity.OFF } })).toThrow(
    /'severities' names 'alarm', which is neither a rule nor a family/,
  );
});

describe('a baseline', () => {
  const file = (content: unknown): string => {
    const name = path.join(mkdtempSync(path.join(tmpdir(), 'baseline-')), 'baseline.json');
    writeFileSync(name, typeof content === 'string' ? content : JSON.stringify(content));
    return name;
  };
  const run = (baseline: string): App => {
    const app = testApp({ baseline, rules: ['alarm-without-dimensions'] });
    const stack = new Stack(app, 'Stack');
    blindAlarm(stack, 'Old');
    blindAlarm(stack, 'New');
    return app;
  };
  const old = { id: 'alarm-without-dimensions', template: 'Stack.template.json' };

  test('hides what is old, and nothing else', () => {
    const constructs = (entries: unknown) => found(run(file(entries))).map(([, , construct]) => construct);
    expect(constructs([])).toEqual(['Stack/Old/Resource', 'Stack/New/Resource']);
    expect(constructs([{ ...old, resource: 'OldF7E39C65' }])).toEqual(['Stack/New/Resource']);
    expect(constructs([{ ...old, template: 'Other.template.json', resource: 'OldF7E39C65' }])).toHaveLength(2);
  });

  test.each([
    ['{', 'is no JSON'],
    [{}, 'must be an array of findings'],
    [[old], "entry 1 lacks 'id', 'template' or 'resource'"],
    [
      [
        { ...old, resource: 'A' },
        { ...old, resource: 'A', id: 'gone' },
      ],
      "entry 2 names the rule 'gone'",
    ],
  ])('that is %j is refused', (content, message) => {
    expect(failure(run(file(content)))).toContain(message);
  });
});

test('nested stacks are looked at with what they are given', () => {
  const app = testApp();
  const stack = new Stack(app, 'Stack');
  acknowledgeSilence(blindAlarm(new NestedStack(stack, 'Nested')));
  expect(found(app)).toEqual([['alarm-without-dimensions', 'error', 'Stack/Nested/Blind/Resource']]);
});
