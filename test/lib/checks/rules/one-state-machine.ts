import { findingsIn } from '../../../../lib/checks/finding';
import { FAMILIES } from '../../../../lib/checks/rules/all-rules';
import { selectRules } from '../../../../lib/checks/selection';
import { ResolvedTemplate } from '../../../../lib/checks/template/resolved-template';

const RULES = selectRules({ rules: ['state-machines', 'batch-transform'] }, FAMILIES);

/** What only the deployment knows. */
export const UNKNOWN = { Ref: 'Any' };

export type Plain = Readonly<Record<string, unknown>>;

/** What rules on state machines find in a template with one, and with other resources. */
export function found(properties: Plain, others: Plain = {}): [id: string, message: string][] {
  const template = {
    Parameters: { Any: { Type: 'String' } },
    Resources: {
      Machine: { Type: 'AWS::StepFunctions::StateMachine', Properties: { RoleArn: 'arn:x', ...properties } },
      Function: { Type: 'AWS::Lambda::Function', Properties: {} },
      ...others,
    },
  };
  // As it is read from a file: without what is not defined.
  const resolved = new ResolvedTemplate(JSON.parse(JSON.stringify(template)));
  return findingsIn([{ file: 'app.json', resolved }], RULES).map(({ rule, message }) => [rule.id, message]);
}

export const idsOf = (...given: Parameters<typeof found>): string[] => found(...given).map(([id]) => id);

/** A machine of one state, and of `Next` where the state leads to that. */
export const machineOf = (state: Plain): Plain => ({
  Definition: {
    StartAt: 'Run',
    States: {
      Run: state,
      ...(JSON.stringify(state).includes(':"Next"') ? { Next: { Type: 'Pass', End: true } } : {}),
    },
  },
});

/** What is found in a machine of one state. */
export const stateFound = (state: Plain): [id: string, message: string][] => found(machineOf(state));

/** A state that calls an API, with nothing else to find in it. */
export const call = (resource: string, parameters: Plain | undefined, more: Plain = {}): Plain => ({
  Type: 'Task',
  Resource: `arn:aws:states:::${resource}`,
  Parameters: parameters,
  Retry: [{ ErrorEquals: ['States.ALL'] }],
  TimeoutSeconds: 60,
  End: true,
  ...more,
});
