/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates and documents are read as plain data */
import type { PlainResource, PlainTemplate } from './synth';

/** One statement of a policy, with the logical id of the resource that it is part of. */
export interface Statement {
  readonly owner: string;
  readonly actions: string[];
  readonly resources: unknown[];
  readonly effect: string;
  readonly condition?: unknown;
  readonly principal?: unknown;
}

const list = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Every statement of an identity's policy: inline in roles, attached policies, managed policies of the template. */
export function identityStatements(template: PlainTemplate): Statement[] {
  return Object.entries(template.Resources).flatMap(([owner, resource]) =>
    documents(resource).flatMap((document) => statementsOf(owner, document)),
  );
}

/** Every statement of a policy on a resource: trust policies, key policies, queue policies, topics, APIs. */
export function resourceStatements(template: PlainTemplate): Statement[] {
  return Object.entries(template.Resources).flatMap(([owner, { Properties: properties = {} }]) =>
    [properties.AssumeRolePolicyDocument, properties.KeyPolicy, properties.Policy, properties.PolicyDocument]
      .filter((document) => document?.Statement !== undefined)
      .flatMap((document) => statementsOf(owner, document))
      .filter(({ principal }) => principal !== undefined),
  );
}

function documents({ Type: type, Properties: properties = {} }: PlainResource): { Statement?: unknown }[] {
  switch (type) {
    case 'AWS::IAM::Role':
      return list(properties.Policies).map((policy) => policy.PolicyDocument);
    case 'AWS::IAM::Policy':
    case 'AWS::IAM::ManagedPolicy':
      return [properties.PolicyDocument];
    default:
      return [];
  }
}

function statementsOf(owner: string, document: { Statement?: unknown }): Statement[] {
  return list(document.Statement as any).map((statement) => ({
    owner,
    actions: list(statement.Action),
    resources: list(statement.Resource),
    effect: statement.Effect,
    condition: statement.Condition,
    principal: statement.Principal,
  }));
}
