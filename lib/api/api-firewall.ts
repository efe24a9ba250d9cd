import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import type { Range } from '../checks/bounds/fault';
import { refuse } from '../private/errors';
import { integer } from '../private/validation';

const RATE_LIMIT: Range = {
  min: 10,
  max: 2_000_000_000,
  unit: 'requests per 5 minutes and address',
  see: 'https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html',
};

/** Options of `ApiFirewall.managed`. */
export interface ManagedFirewallOptions {
  /**
   * Requests that one address may send in five minutes, at least 10.
   *
   * @default 2000
   */
  readonly rateLimit?: number;
}

/** An AWS WAF web ACL in front of an `InferenceApi`. It is charged per ACL, rule and million requests. */
export abstract class ApiFirewall {
  /**
   * A new ACL with AWS's own rules against common attacks, known bad input and addresses of ill repute, and a limit
   * per address. The rule that blocks bodies over 8 KiB only counts: a batch of instances is larger than that.
   *
   * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
   */
  public static managed(options: ManagedFirewallOptions = {}): ApiFirewall {
    refuse('ApiFirewall.managed', integer('api-rate-limit', 'rateLimit', options.rateLimit, RATE_LIMIT));
    return new ManagedFirewall(options);
  }

  /** An ACL that is there already, of scope REGIONAL and in the API's region. */
  public static fromWebAclArn(webAclArn: string): ApiFirewall {
    return new ExistingFirewall(webAclArn);
  }

  /**
   * The ARN of the ACL.
   *
   * @internal
   */
  public abstract _webAclArn(scope: Construct): string;
}

class ExistingFirewall extends ApiFirewall {
  constructor(private readonly arn: string) {
    super();
  }

  public _webAclArn(): string {
    return this.arn;
  }
}

class ManagedFirewall extends ApiFirewall {
  constructor(private readonly options: ManagedFirewallOptions) {
    super();
  }

  public _webAclArn(scope: Construct): string {
    const visible = (metricName: string) => ({
      cloudWatchMetricsEnabled: true,
      sampledRequestsEnabled: false,
      metricName,
    });
    const managedRule = (name: string, priority: number, countOnly: string[] = []) => ({
      name,
      priority,
      overrideAction: { none: {} },
      statement: {
        managedRuleGroupStatement: {
          vendorName: 'AWS',
          name,
          ruleActionOverrides: countOnly.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
        },
      },
      visibilityConfig: visible(name),
    });
    return new wafv2.CfnWebACL(scope, 'WebAcl', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visible('WebAcl'),
      rules: [
        {
          name: 'RatePerAddress',
          priority: 0,
          action: { block: {} },
          statement: { rateBasedStatement: { aggregateKeyType: 'IP', limit: this.options.rateLimit ?? 2000 } },
          visibilityConfig: visible('RatePerAddress'),
        },
        managedRule('AWSManagedRulesAmazonIpReputationList', 1),
        managedRule('AWSManagedRulesCommonRuleSet', 2, ['SizeRestrictions_BODY']),
        managedRule('AWSManagedRulesKnownBadInputsRuleSet', 3),
      ],
    }).attrArn;
  }
}
