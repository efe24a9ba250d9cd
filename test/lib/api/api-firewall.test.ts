/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- templates and documents are read as plain data */
import { Lazy } from 'aws-cdk-lib';
import { ApiFirewall, InferenceApi, ServerlessInference } from '../../../lib';
import { tinyModel } from '../../fakes/models';
import { ofType, only, plain, references, testStack } from '../../helpers/synth';

function deployed(firewall?: ApiFirewall) {
  const stack = testStack();
  new InferenceApi(stack, 'Api', {
    inference: new ServerlessInference(stack, 'Fraud', { model: tinyModel() }),
    firewall,
  });
  return plain(stack);
}

test('there is none unless asked for', () => {
  expect(ofType(deployed(), 'AWS::WAFv2::WebACLAssociation')).toEqual([]);
});

test("AWS's rules and a limit per address, in front of the stage", () => {
  const template = deployed(ApiFirewall.managed());
  const { Scope, DefaultAction, Rules, Name } = only(template, 'AWS::WAFv2::WebACL').Properties!;
  expect([Scope, DefaultAction, Name]).toEqual(['REGIONAL', { Allow: {} }, undefined]);
  expect(Rules.map((rule: any) => [rule.Priority, rule.Name])).toEqual([
    [0, 'RatePerAddress'],
    [1, 'AWSManagedRulesAmazonIpReputationList'],
    [2, 'AWSManagedRulesCommonRuleSet'],
    [3, 'AWSManagedRulesKnownBadInputsRuleSet'],
  ]);
  expect(Rules[0].Statement.RateBasedStatement).toEqual({ AggregateKeyType: 'IP', Limit: 2000 });
  expect(Rules[2].Statement.ManagedRuleGroupStatement.RuleActionOverrides).toEqual([
    { Name: 'SizeRestrictions_BODY', ActionToUse: { Count: {} } },
  ]);
  // A group of rules has an override, a rule of one's own an action: the API refuses both and neither.
  Rules.forEach((rule: any) =>
    expect([rule.Action, rule.OverrideAction].filter((action) => action !== undefined)).toHaveLength(1),
  );
  const association = only(template, 'AWS::WAFv2::WebACLAssociation').Properties!;
  expect(references(association.ResourceArn)).toEqual(
    expect.arrayContaining([expect.stringMatching(/DeploymentStage/)]),
  );
});

test('one that is there already', () => {
  const arn = 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/mine/1';
  const template = deployed(ApiFirewall.fromWebAclArn(arn));
  expect(ofType(template, 'AWS::WAFv2::WebACL')).toEqual([]);
  expect(only(template, 'AWS::WAFv2::WebACLAssociation').Properties!.WebACLArn).toBe(arn);
});

test.each([10, 2_000_000_000])('a limit of %p is accepted', (rateLimit) => {
  expect(JSON.stringify(deployed(ApiFirewall.managed({ rateLimit })))).toContain(`"Limit":${rateLimit}`);
});

test.each([9, 2_000_000_001, 10.5])('a limit of %p is refused', (rateLimit) => {
  expect(() => ApiFirewall.managed({ rateLimit })).toThrow(/ApiFirewall\.managed cannot be used.*\n.*api-rate-limit/);
});

test('a limit known only at deployment passes', () => {
  expect(JSON.stringify(deployed(ApiFirewall.managed({ rateLimit: Lazy.number({ produce: () => 77 }) })))).toContain(
    '"Limit":77',
  );
});
