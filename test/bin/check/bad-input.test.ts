import { BLIND, Workplace } from './command-line';

const work = new Workplace();
const GOOD = work.write('good.json', { Resources: { Blind: BLIND } });
const entry = { id: 'alarm-no-effect', template: 'good.json', resource: 'Blind' };

const acknowledging = (acknowledge: unknown) => ({
  Resources: { Blind: { ...BLIND, Metadata: { InferenceChecks: { acknowledge } } } },
});

/** What is run, and how the one line begins that is said of it. */
const CASES: readonly (readonly [string, readonly string[], string | RegExp])[] = [
  ['a file that is not there', ['check', 'gone.json'], 'gone.json cannot be read: ENOENT'],
  ['a folder that is no app', ['check', '.'], ". is not a synthesized app (no manifest.json): run 'cdk synth' first"],
  [
    'an app with a broken manifest',
    ['check', (work.write('broken/manifest.json', '{\n'), 'broken')],
    'broken cannot be read as a synthesized app: ',
  ],
  ['a list', ['check', work.write('list.yaml', '- a\n- b\n')], 'list.yaml is no CloudFormation template'],
  ['plain text', ['check', work.write('plain.txt', 'hello\nworld\n')], 'plain.txt is no CloudFormation template'],
  ['an empty file', ['check', work.write('empty.json', '')], 'empty.json is no CloudFormation template'],
  [
    'a binary file',
    ['check', work.write('binary', Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256)))],
    'binary',
  ],
  ['broken JSON', ['check', work.write('broken.json', '{"Resources": {\n"A" {}}}')], 'broken.json:2:5: cannot be read'],
  [
    'broken YAML',
    ['check', work.write('broken.yaml', 'Resources:\n  A: [1\n  B: 2\n')],
    /^broken\.yaml:\d+:\d+: cannot be read/,
  ],
  [
    'a key that is there twice',
    ['check', work.write('twice.json', '{"Resources": {"A": {},\n "A": {}}}')],
    'twice.json:2:2: ',
  ],
  ['a good file beside a bad one', ['check', GOOD, 'gone.json'], 'gone.json cannot be read'],
  ['an old file that is not there', ['diff', 'gone.json', GOOD], 'gone.json cannot be read'],
  ['a new file that is not there', ['diff', GOOD, 'gone.json'], 'gone.json cannot be read'],
  ['no new file', ['diff', GOOD], "error: missing required argument 'new'"],
  ['nothing to check', ['check'], "error: missing required argument 'path'"],
  [
    'an unknown rule to run',
    ['check', GOOD, '--only', 'alarm-no-efect'],
    "'--only' names 'alarm-no-efect', which is neither",
  ],
  [
    'an unknown rule to leave out',
    ['check', GOOD, '--off', 'alarms', 'constructor'],
    "'--off' names 'constructor', which is",
  ],
  [
    'an unknown rule to explain',
    ['rules', 'alarm-no-efect'],
    "there is no rule 'alarm-no-efect', such as 'alarm-no-effect'",
  ],
  [
    'an unknown rule that is acknowledged',
    ['check', work.write('acknowledged.json', acknowledging([{ id: 'gone', reason: 'x' }]))],
    "acknowledged.json: Blind acknowledges the rule 'gone', which does not exist",
  ],
  [
    'a rule that is acknowledged without a reason',
    ['check', work.write('unreasoned.json', acknowledging([{ id: 'alarm-no-effect' }]))],
    "unreasoned.json: Blind: Metadata.InferenceChecks.acknowledge[0] needs an 'id' and a 'reason'",
  ],
  [
    'an unknown rule in a baseline',
    ['check', GOOD, '--baseline', work.write('unknown.json', [entry, { ...entry, id: 'gone' }])],
    "unknown.json: entry 2 names the rule 'gone', which does not exist",
  ],
  ['a baseline that is not there', ['check', GOOD, '--baseline', 'gone.json'], 'gone.json cannot be read: ENOENT'],
  ['a baseline that is no JSON', ['check', GOOD, '--baseline', 'plain.txt'], 'plain.txt is no JSON: '],
  ['a baseline that is no list', ['check', GOOD, '--baseline', GOOD], 'good.json is no baseline: '],
  [
    'a baseline with something else in it',
    ['check', GOOD, '--baseline', work.write('odd.json', [{ id: 'alarm-no-effect' }])],
    "odd.json: entry 1 lacks 'id', 'template' or 'resource'",
  ],
  ['an unknown option', ['check', GOOD, '--formt', 'json'], "error: unknown option '--formt' (Did you mean --format?)"],
  [
    'an unknown format',
    ['check', GOOD, '--format', 'xml'],
    "error: option '-f, --format <format>' argument 'xml' is invalid",
  ],
  [
    'an unknown severity',
    ['check', GOOD, '--fail-on', 'never'],
    "error: option '--fail-on <severity>' argument 'never'",
  ],
  ['an unknown command', ['chek', GOOD], "error: unknown command 'chek' (Did you mean check?)"],
];

test.each(CASES)('%s ends with 2 and one line', (_, args, message) => {
  const { status, stdout, stderr } = work.run(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(
    typeof message === 'string' ? new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`) : message,
  );
});
