import type { FAMILIES } from '../../../../lib/checks/rules/all-rules';
import type { ResolvedTemplate } from '../../../../lib/checks/template/resolved-template';
import { call, found, idsOf, machineOf, type Plain, stateFound, UNKNOWN } from './one-state-machine';

describe('a definition is read wherever it is written', () => {
  const text = (next: string): string =>
    `{"StartAt":"Run","States":{"Run":{"Type":"Task","Resource":"FUNCTION","Retry":[{"ErrorEquals":["States.ALL"]}],"Next":"${next}"},"Done":{"Type":"Succeed"}}}`;
  const arn = { 'Fn::GetAtt': ['Function', 'Arn'] };
  const object = (next: string, resource: unknown): Plain => ({
    ...(JSON.parse(text(next)) as Plain),
    States: {
      Run: { Type: 'Task', Resource: resource, Retry: [{ ErrorEquals: ['States.ALL'] }], Next: next },
      Done: { Type: 'Succeed' },
    },
  });
  const WAYS: readonly (readonly [way: string, properties: (next: string) => Plain])[] = [
    ['text', (next) => ({ DefinitionString: text(next).replace('FUNCTION', 'arn:aws:lambda:eu-west-1:1:function:f') })],
    [
      'Fn::Join',
      (next) => ({
        DefinitionString: { 'Fn::Join': ['', [text(next).split('FUNCTION')[0], arn, text(next).split('FUNCTION')[1]]] },
      }),
    ],
    ['Fn::Sub', (next) => ({ DefinitionString: { 'Fn::Sub': text(next).replace('FUNCTION', '${Function.Arn}') } })],
    [
      'DefinitionSubstitutions',
      (next) => ({
        DefinitionString: text(next).replace('FUNCTION', '${Given}'),
        DefinitionSubstitutions: { Given: arn },
      }),
    ],
    [
      'a substituted target',
      (next) => ({
        DefinitionString: text('${Given}').replace('FUNCTION', 'arn:aws:states:::x:y'),
        DefinitionSubstitutions: { Given: next },
      }),
    ],
    ['Definition', (next) => ({ Definition: object(next, arn) })],
    [
      'Definition with DefinitionSubstitutions',
      (next) => ({ Definition: object('${Given}', arn), DefinitionSubstitutions: { Given: next } }),
    ],
  ];

  test.each(WAYS)('as %s', (_, properties) => {
    expect(idsOf(properties('Done'))).toEqual([]);
    expect(found(properties('Gone'))).toEqual([
      ['states-missing-target', "state 'Run' leads to 'Gone', and there is no such state"],
    ]);
  });

  test.each([
    ['text', '{"StartAt": "Run",}'],
    ['Fn::Sub', { 'Fn::Sub': '{"StartAt": "${AWS::Region}", "States": }' }],
    ['Fn::Join', { 'Fn::Join': ['', ['{"StartAt": "', { Ref: 'Any' }, '"']] }],
  ])('and may be no JSON, as %s', (_, DefinitionString) => {
    expect(idsOf({ DefinitionString })).toEqual(['states-not-json']);
  });

  test.each<[string, Plain]>([
    ['a parameter', { DefinitionString: UNKNOWN }],
    ['a file in a bucket', { DefinitionS3Location: { Bucket: 'b', Key: 'k' } }],
    ['a condition', { DefinitionString: { 'Fn::If': ['Gone', '{', '['] } }],
    ['a piece without quotes that may be anything', { DefinitionString: { 'Fn::Sub': '{"StartAt": "Run", ${Any}' } }],
    [
      'states under names that are not known',
      { DefinitionString: { 'Fn::Sub': '{"StartAt": "Run", "States": {"${Any}": {"Type": "Gone"}}}' } },
    ],
    ['all states', { Definition: { StartAt: 'Run', States: UNKNOWN } }],
    ['one of the states', { Definition: { StartAt: 'Run', States: { Run: UNKNOWN } } }],
    [
      'the name of a state',
      { Definition: { StartAt: 'Run', States: { '${Name}': { Type: 'Gone' } } }, DefinitionSubstitutions: UNKNOWN },
    ],
  ])('and is not judged where only the deployment knows it: %s', (_, properties) => {
    expect(found(properties)).toEqual([]);
  });
});

describe('a state has what its type takes', () => {
  test.each<Plain>([
    { Type: 'Pass', Result: { a: [1, '$.x'] }, ResultPath: '$.a', End: true },
    { Type: 'Pass', Result: 'x', End: false, Next: 'Next' },
    {
      Type: 'Pass',
      Parameters: { 'count.$': '$.items.length()', 'name.$': "States.Format('{}-{}', $.a, $$.Execution.Name)" },
      End: true,
    },
    {
      Type: 'Pass',
      Assign: { 'last.$': '$.a' },
      Parameters: { 'x.$': '$last.b' },
      InputPath: null,
      OutputPath: '$',
      ResultPath: null,
      End: true,
    },
    { Type: 'Wait', SecondsPath: '$.seconds', Next: 'Next' },
    { Type: 'Wait', Timestamp: { 'Fn::Sub': '${Any}T00:00:00Z' }, Next: 'Next' },
    { Type: 'Wait', Seconds: UNKNOWN, Next: 'Next' },
    { Type: 'Fail', ErrorPath: '$.error', CausePath: "States.Format('{}', $.cause)" },
    { Type: 'Succeed', Comment: 'fine' },
    {
      Type: 'Choice',
      Choices: [
        {
          And: [{ Variable: '$.a', IsPresent: true }, { Not: { Variable: '$.a', NumericLessThan: 5 } }],
          Next: 'Run',
          Comment: 'x',
        },
        { Variable: '$.b', StringEquals: UNKNOWN, Next: 'Run' },
        { Variable: '$.c', TimestampGreaterThanPath: '$.d', Next: 'Run' },
      ],
      Default: 'Next',
    },
    call(
      'x:y',
      { a: 1 },
      {
        Retry: [{ ErrorEquals: ['A'], BackoffRate: 1.5, MaxDelaySeconds: 9, JitterStrategy: 'FULL' }],
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Next' }],
        End: false,
        Next: 'Next',
      },
    ),
    {
      Type: 'Parallel',
      Branches: [{ StartAt: 'A', States: { A: { Type: 'Succeed' } } }],
      ResultSelector: { 'a.$': '$[0]' },
      End: true,
    },
    {
      Type: 'Pass',
      QueryLanguage: 'JSONata',
      Output: '{% $states.input.a ~> $sum %}',
      Assign: { a: '{% 1 %}' },
      End: true,
    },
    { Type: 'Wait', QueryLanguage: 'JSONata', Seconds: '{% $states.input.seconds %}', Next: 'Next' },
    {
      Type: 'Choice',
      QueryLanguage: 'JSONata',
      Choices: [
        { Condition: '{% $a = 1 %}', Next: 'Run' },
        { Condition: '{% $a = 2 %}', Next: 'Run' },
      ],
      Default: 'Next',
    },
    UNKNOWN,
    { Type: UNKNOWN, Gone: 1 },
    { Type: 'Task', Resource: UNKNOWN, TimeoutSeconds: UNKNOWN, End: true },
  ])('as %j', (state) => {
    expect(idsOf(machineOf(state))).toEqual([]);
  });

  test.each<[string, Plain]>([
    ['it has no Type', { End: true }],
    [
      "Type is 'Tasks', which is none of Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait",
      { Type: 'Tasks', End: true },
    ],
    ['it has none of Next, End', { Type: 'Pass' }],
    [
      'it has more than one of Seconds, SecondsPath, Timestamp, TimestampPath',
      { Type: 'Wait', Seconds: 1, SecondsPath: '$.a', End: true },
    ],
    ['it has more than one of TimeoutSeconds, TimeoutSecondsPath', call('x:y', {}, { TimeoutSecondsPath: '$.a' })],
    ["'ResultSelector' is not a member of a Pass state", { Type: 'Pass', ResultSelector: {}, End: true }],
    ['Resource is missing', { Type: 'Task', End: true }],
    ['Resource: this is not the ARN of something to do', { Type: 'Task', Resource: 'my-function', End: true }],
    ['InputPath: this is not a path', { Type: 'Pass', InputPath: 'input', End: true }],
    [
      "'Parameters' is not a member of a Pass state",
      { Type: 'Pass', QueryLanguage: 'JSONata', Parameters: {}, End: true },
    ],
    ["'Arguments' is not a member of a Task state", call('x:y', undefined, { Arguments: {} })],
  ])('and not: %s', (message, state) => {
    expect(stateFound(state).filter(([id]) => id === 'states-invalid')).toEqual([
      ['states-invalid', `state 'Run': ${message}`],
    ]);
  });

  test.each([
    '$.items[?(@.id == $.id)].name',
    '$.items[?(@.a > 5 && @.b == "x")]',
    "$.items['a','b']",
    '$.items[(@.length-1)]',
    '$.items[*].name',
    '$.items.length()',
    '$$.Execution.Name',
    '$last.b',
    "States.Format('it\\'s {}\n', $.a)",
    "States.ArrayGetItem(States.StringSplit($.a, '/'), States.MathAdd($.b, -1))",
  ])('a path may be %s', (path) => {
    expect(idsOf(machineOf({ Type: 'Pass', Parameters: { 'a.$': path }, End: true }))).toEqual([]);
    const bare = path.startsWith('$') ? path : '$';
    const state = { Type: 'Map', InputPath: bare, ItemsPath: bare, End: true };
    const ItemProcessor = { StartAt: 'A', States: { A: { Type: 'Succeed' } } };
    expect(idsOf(machineOf({ ...state, ItemProcessor }))).toEqual([]);
  });

  test.each(['a', 'States.format($.a)', 'States.Format($.a', 'prefix-$.a', ''])('and not %j', (path) => {
    expect(stateFound({ Type: 'Pass', Parameters: { list: [{ 'a.$': path }] }, End: true })).toEqual([
      ['states-invalid', "state 'Run': Parameters.list.0.a.$: this is not a path or an intrinsic function"],
    ]);
  });

  test.each(
    ['Choice', 'Fail', 'Map', 'Parallel', 'Pass', 'Succeed', 'Task', 'Wait'].flatMap((type) => [
      [type, 'JSONPath'],
      [type, 'JSONata'],
    ]),
  )('a %s in %s takes no member that the language does not have', (Type, QueryLanguage) => {
    const needed = {
      Choice: { Choices: [QueryLanguage === 'JSONata' ? { Condition: '{% a %}' } : { Variable: '$.a', IsNull: true }] },
      Map: { Iterator: { StartAt: 'A', States: { A: { Type: 'Succeed' } } } },
      Parallel: { Branches: [{ StartAt: 'B', States: { B: { Type: 'Succeed' } } }] },
      Task: { Resource: 'arn:aws:states:::x:y' },
      Wait: { Seconds: 1 },
    }[Type] as Plain | undefined;
    const choices = (needed?.Choices as Plain[] | undefined)?.map((choice) => ({ ...choice, Next: 'Next' }));
    const ends = ['Choice', 'Fail', 'Succeed'].includes(Type) ? {} : { End: true };
    const state = { Type, QueryLanguage, ...needed, ...(choices === undefined ? {} : { Choices: choices }), ...ends };
    const invalid = (more: Plain): [string, string][] =>
      stateFound({ ...state, ...more }).filter(([id]) => id === 'states-invalid');
    expect(invalid({})).toEqual([]);
    expect(invalid({ Gone: 1 })).toEqual([
      ['states-invalid', `state 'Run': 'Gone' is not a member of a ${Type} state`],
    ]);
  });

  test('an expression that is none is shown', () => {
    expect(stateFound({ Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% $states.( %}', End: true })).toEqual([
      ['states-invalid', expect.stringContaining("'{% $states.( %}' is not a JSONata expression")],
    ]);
  });
});

describe('what is done for many items at a time is bounded', () => {
  const map = (more: Plain, inner: Plain = {}, mode?: string): Plain => ({
    Type: 'Map',
    ItemProcessor: {
      ...(mode === undefined ? {} : { ProcessorConfig: { Mode: mode, ExecutionType: 'STANDARD' } }),
      StartAt: 'Job',
      States: { Job: call('sagemaker:createModel', { 'ModelName.$': '$.name' }, inner) },
    },
    End: true,
    ...more,
  });
  const job = {
    Resource: 'arn:aws:states:::aws-sdk:sagemaker:createTransformJob',
    Parameters: UNKNOWN,
    Retry: undefined,
  };

  test.each<[string, Plain, string[]]>([
    ['distributed without a bound', map({}, {}, 'DISTRIBUTED'), ['states-map-unbounded']],
    ['distributed with the bound 0', map({ MaxConcurrency: 0 }, {}, 'DISTRIBUTED'), ['states-map-unbounded']],
    ['distributed with a bound', map({ MaxConcurrency: 1 }, {}, 'DISTRIBUTED'), []],
    ['distributed with a bound from the input', map({ MaxConcurrencyPath: '$.most' }, {}, 'DISTRIBUTED'), []],
    ['distributed with a bound that is not known', map({ MaxConcurrency: UNKNOWN }, {}, 'DISTRIBUTED'), []],
    ['inline, which has a bound of its own', map({ MaxConcurrency: 0 }), []],
    ['inline with jobs that nothing starts again', map({}, job), ['states-jobs-without-retry']],
    ['inline with jobs one by one', map({ MaxConcurrency: 1 }, job), []],
    ['inline with jobs, so many as is not known', map({ MaxConcurrency: UNKNOWN }, job), []],
    ['inline with jobs, caught around them', map({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Run' }] }, job), []],
    [
      'items that stop all when one fails',
      map({ MaxConcurrency: 2 }, { Retry: undefined }, 'DISTRIBUTED'),
      ['states-map-tolerates-nothing'],
    ],
    [
      'items of which some may fail',
      map({ MaxConcurrency: 2, ToleratedFailureCountPath: '$.most' }, { Retry: undefined }, 'DISTRIBUTED'),
      [],
    ],
    [
      'all of which may fail',
      map({ MaxConcurrency: 2, ToleratedFailurePercentage: 100 }, {}, 'DISTRIBUTED'),
      ['states-tolerates-everything'],
    ],
    ['nearly all of which may fail', map({ MaxConcurrency: 2, ToleratedFailurePercentage: 99 }, {}, 'DISTRIBUTED'), []],
    [
      'all, by their number only some',
      map({ MaxConcurrency: 2, ToleratedFailurePercentage: 100, ToleratedFailureCount: 5 }, {}, 'DISTRIBUTED'),
      [],
    ],
    [
      'what is done for an item is not known',
      {
        ...map({ MaxConcurrency: 2 }),
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, States: UNKNOWN },
      },
      [],
    ],
    ['a mode that is not known', { ...map({}), ItemProcessor: UNKNOWN }, []],
  ])('%s', (_, state, expected) => {
    expect(stateFound(state).map(([id]) => id)).toEqual(expected);
  });
});

test.each<[string, Plain, string[]]>([
  ['one choice', { Choices: [{ Variable: '$.a', IsNull: true, Next: 'Next' }] }, ['states-choice-without-default']],
  [
    'one choice, and what is not known',
    { Choices: [{ Variable: '$.a', IsNull: true, Next: 'Next' }], Default: UNKNOWN },
    [],
  ],
  [
    'two choices, which may be all there are',
    { Choices: [true, false].map((IsNull) => ({ Variable: '$.a', IsNull, Next: 'Next' })) },
    [],
  ],
  ['choices that are not known', { Choices: UNKNOWN, Default: 'Next' }, []],
])('a Choice with %s', (_, state, expected) => {
  expect(idsOf(machineOf({ Type: 'Choice', ...state }))).toEqual(expected);
});

test.each<[string, Plain]>([
  ['in Retry, before others', { Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['A'] }] }],
  ['in Retry, beside others', { Retry: [{ ErrorEquals: ['A', 'States.ALL'] }] }],
  ['in Catch, beside others', { Catch: [{ ErrorEquals: ['A', 'States.ALL'], Next: 'Next' }] }],
])('all errors are named alone and last, not %s', (_, more) => {
  expect(idsOf(machineOf(call('x:y', {}, more)))).toEqual(['states-all-not-last']);
});

test('what says that it is no end, and leads to itself, goes in a circle', () => {
  expect(idsOf(machineOf({ Type: 'Pass', End: false, Next: 'Run' }))).toEqual(['states-no-end']);
});

describe('an express workflow', () => {
  const RUN = machineOf({ Type: 'Pass', End: true });
  const log = (more: Plain): string[] => idsOf({ ...RUN, StateMachineType: 'EXPRESS', LoggingConfiguration: more });
  const Destinations = [{ CloudWatchLogsLogGroup: { LogGroupArn: 'arn:aws:logs:eu-west-1:1:log-group:x:*' } }];
  const to = (LogGroupArn: unknown): Plain => ({
    Level: 'ALL',
    Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn } }],
  });

  test('writes a log', () => {
    expect(idsOf({ ...RUN, StateMachineType: 'EXPRESS' })).toEqual(['states-express-unlogged']);
    expect(idsOf({ ...RUN, StateMachineType: UNKNOWN })).toEqual([]);
    expect(log({ Level: 'OFF' })).toEqual(['states-express-unlogged']);
    expect(log({ Level: UNKNOWN })).toEqual([]);
    expect(log({ Level: 'FATAL', Destinations })).toEqual([]);
    expect(log({ Level: 'FATAL' })).toEqual(['states-log-destination']);
    expect(log({ Level: 'FATAL', Destinations: UNKNOWN })).toEqual([]);
  });

  test('writes it to a log group that is named by an ARN with :* behind', () => {
    expect(log(to('arn:aws:logs:eu-west-1:1:log-group:x'))).toEqual(['states-log-destination']);
    expect(log(to({ 'Fn::Sub': 'arn:aws:logs:${AWS::Region}:1:log-group:x:*' }))).toEqual([]);
    expect(log(to({ 'Fn::Sub': 'arn:aws:logs:eu-west-1:1:log-group:${Any}' }))).toEqual([]);
    expect(log(to(UNKNOWN))).toEqual([]);
  });

  test('waits for no activity', () => {
    const activity = call('x:y', undefined, { Resource: 'arn:aws:states:eu-west-1:1:activity:sign' });
    expect(idsOf({ ...machineOf(activity), StateMachineType: 'STANDARD' })).toEqual([]);
    expect(idsOf({ ...machineOf(activity), StateMachineType: 'EXPRESS', LoggingConfiguration: UNKNOWN })).toEqual([
      'states-express-waits',
    ]);
  });
});

test('nothing is loaded to read state machines where there are none', () => {
  jest.isolateModules(() => {
    for (const heavy of ['ajv', 'ajv-formats', 'jsonata']) {
      jest.doMock(heavy, () => {
        throw new Error(`${heavy} is loaded`);
      });
    }
    const { FAMILIES: families } = jest.requireActual<{ FAMILIES: typeof FAMILIES }>(
      '../../../../lib/checks/rules/all-rules',
    );
    const { ResolvedTemplate: Template } = jest.requireActual<{ ResolvedTemplate: typeof ResolvedTemplate }>(
      '../../../../lib/checks/template/resolved-template',
    );
    const template = new Template({ Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: {} } } });
    expect(() =>
      Object.values(families)
        .flat()
        .flatMap((rule) => [...rule.check(template)]),
    ).not.toThrow();
    jest.resetModules();
  });
});
