import { type IResource, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Where a resource is. What is imported by its ARN need not know that it is elsewhere. */
export function placeOf(
  { env }: IResource,
  arn: string,
): {
  readonly region: string;
  readonly account: string;
} {
  const [, region = '', account = ''] =
    /^arn:[^:]+:[^:]+:([^:]*):([^:]*):/.exec(Token.isUnresolved(arn) ? '' : arn) ?? [];
  return { region: region === '' ? env.region : region, account: account === '' ? env.account : account };
}

/** Whether it is known to be of another account than the stack. */
export function isOfOtherAccount(scope: IConstruct, resource: IResource, arn: string): boolean {
  const here = Stack.of(scope).account;
  const { account } = placeOf(resource, arn);
  return !Token.isUnresolved(here) && !Token.isUnresolved(account) && here !== account;
}
