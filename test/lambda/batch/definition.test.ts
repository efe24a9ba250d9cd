import { findingsIn } from '../../../lib/checks/finding';
import { FAMILIES } from '../../../lib/checks/rules/all-rules';
import { selectRules } from '../../../lib/checks/selection';
import { ResolvedTemplate } from '../../../lib/checks/template/resolved-template';
import { batchDefinition } from '../../../lib/batch/batch-definition';
import { scoreByFunction } from '../../../lib/batch/function-scoring';
import { SETTINGS } from '../batch-control/planned';
import type { Definition } from './run-definition';

const definitionOf = (topicArn?: string): Definition =>
  JSON.parse(
    JSON.stringify(
      batchDefinition({
        settings: { ...SETTINGS, judgedShare: 0.05 },
        controlFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:control:1',
        scoring: scoreByFunction('aws', 'arn:aws:lambda:eu-west-1:123456789012:function:score:1'),
        partition: 'aws',
        topicArn,
        timeoutSeconds: 7200,
      }),
    ),
  ) as Definition;

const BOTH = [
  ['with a topic', definitionOf('arn:aws:sns:eu-west-1:123456789012:done')],
  ['without one', definitionOf()],
] as const;

/** Identifiers of what the rules on state machines and their calls find; those on the permissions of a role have no role to look at. */
function found(definition: Definition): string[] {
  const Resources = {
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: { RoleArn: 'arn:x', DefinitionString: JSON.stringify(definition) },
    },
  };
  const rules = selectRules({ rules: ['state-machines', 'batch-transform'] }, FAMILIES);
  return findingsIn([{ file: 'app.json', resolved: new ResolvedTemplate({ Resources }) }], rules).map(
    ({ rule, message }) => `${rule.id}: ${message}`,
  );
}

test.each(BOTH)(
  'the definition %s calls what there is, with parameters that it takes, and has no fault of the checks',
  (_, definition) => {
    expect(found(definition)).toEqual([]);
  },
);

/** A definition with something else at a path; undefined for nothing. */
function changed(path: readonly string[], value: unknown): Definition {
  const definition = definitionOf('arn:aws:sns:eu-west-1:123456789012:done');
  let place = definition as unknown as Record<string, unknown>;
  for (const name of path.slice(0, -1)) {
    place = place[name] as Record<string, unknown>;
  }
  place[path.at(-1)!] = value;
  return JSON.parse(JSON.stringify(definition)) as Definition;
}

// Whoever changes the definition is told of what these stand for.
test.each<[string, readonly string[], unknown, string]>([
  ['a state that is not there', ['States', 'Judge', 'Next'], 'Gone', 'states-missing-target'],
  ['a parameter of Lambda', ['States', 'Plan', 'Parameters', 'Function'], 'x', 'states-unknown-parameter'],
  ['a parameter of Amazon SNS', ['States', 'Tell', 'Parameters', 'TopicArns'], 'x', 'states-unknown-parameter'],
  [
    'the function that is called',
    ['States', 'Finish', 'Parameters', 'FunctionName'],
    undefined,
    'states-missing-parameter',
  ],
])('the checks see %s in it', (_, path, value, id) => {
  expect(found(changed(path, value)).join()).toContain(id);
});

test('the answers of the most partitions that there may be fit into a state', () => {
  const { Result } = (definitionOf().States.ScoreRest.ItemProcessor as Definition).States.PartitionDone;
  expect(40_000 * (JSON.stringify(Result).length + 1)).toBeLessThan(256 * 1024);
});
