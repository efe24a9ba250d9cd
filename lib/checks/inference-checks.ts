import * as fs from 'fs';
import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
  PolicyViolation,
} from 'aws-cdk-lib';
import { RULES } from './rules/all-rules';
import { ResolvedTemplate } from './template/resolved-template';
import type { Found, Rule } from './rules/rule';

/**
 * Finds in the templates of an app what AWS accepts or ignores and should not: in what this library makes, and in
 * anything else. Findings are acknowledged by their id, as those of any other plugin.
 *
 * ```ts
 * Validations.of(app).addPlugins(new InferenceChecks());
 * ```
 */
export class InferenceChecks implements IPolicyValidationPlugin {
  /** Name of the plugin in the report of an app. */
  public readonly name: string = 'InferenceChecks';

  /** Ids of all rules. */
  public readonly ruleIds?: string[] = RULES.map(({ id }) => id);

  /** Called by the CDK after synthesis. */
  public validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const violations = context.stackTemplates.flatMap(({ templatePath }) => {
      const template = new ResolvedTemplate(JSON.parse(fs.readFileSync(templatePath, 'utf8')));
      return findings(template).map(({ rule, found }) => violation(rule, found, templatePath));
    });
    return { success: violations.every(({ severity }) => severity !== 'error'), violations };
  }
}

/** One finding with its rule. */
export interface Finding {
  readonly rule: Rule;
  readonly found: Found;
}

/** Everything that the rules find in a template. */
export function findings(template: ResolvedTemplate): Finding[] {
  return RULES.flatMap((rule) => [...rule.check(template)].map((found) => ({ rule, found })));
}

function violation(rule: Rule, { resource, message }: Found, templatePath: string): PolicyViolation {
  return {
    ruleName: rule.id,
    severity: rule.severity,
    description: message,
    fix: `${rule.fix} (${rule.see})`,
    violatingResources: [{ resourceLogicalId: resource, templatePath, locations: [] }],
  };
}
