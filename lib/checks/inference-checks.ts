import * as fs from 'fs';
import * as path from 'path';
import {
  CfnResource,
  type IPolicyValidationContext,
  type IPolicyValidationPlugin,
  type PolicyValidationPluginReport,
  type PolicyViolation,
  Stack,
  Validations,
} from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { refuse } from '../private/errors';
import { requireRule, withoutAcknowledged } from './acknowledgement';
import { compareWithBaseline, type KnownFinding, parseBaseline } from './baseline';
import { type Finding, findingsIn } from './finding';
import type * as knownIds from './known-ids';
import type * as allRules from './rules/all-rules';
import { type SelectedRule, selectRules, unknownNames } from './selection';
import { nestedFiles, resolveAssembly, type TemplateFile } from './template/resolved-assembly';

/** Loaded when they are asked for: an app that checks nothing would wait for hundreds of rules. */
const families = (): typeof allRules.FAMILIES => (require('./rules/all-rules') as typeof allRules).FAMILIES;
const ids = (): typeof knownIds.KNOWN_IDS => (require('./known-ids') as typeof knownIds).KNOWN_IDS;

/** How bad a finding is. */
export enum CheckSeverity {
  /** AWS refuses it or ignores it: synthesis fails. */
  ERROR = 'error',
  /** Legal, and it will hurt: it is shown. */
  WARNING = 'warning',
  /** The rule does not run. */
  OFF = 'off',
}

/** What `InferenceChecks` looks for. */
export interface InferenceChecksProps {
  /**
   * Ids of the rules that run, or names of their families; `inference-patterns rules` lists both.
   *
   * @default - all rules
   */
  readonly rules?: string[];

  /**
   * How bad findings are, by the id of a rule or the name of a family. What is said of a rule goes before what is said of
   * its family.
   *
   * @default - as each rule says: an error where AWS refuses or ignores something, else a warning
   */
  readonly severities?: { readonly [rule: string]: CheckSeverity };

  /**
   * A file with old findings that are not reported again, for apps that have some when they start: a JSON array of
   * objects with `id`, `template` (the name of its file) and `resource` (logical id), as
   * `inference-patterns check cdk.out --format json` writes it. Findings that are new are reported.
   *
   * @default - all findings are reported
   */
  readonly baseline?: string;
}

/**
 * Finds in the templates of an app what AWS accepts or ignores and should not: alarms that can never fire, rollbacks that
 * are not wired, scaling by metrics that nobody publishes, open doors, and costs that nobody expects. It looks at what this
 * library makes and at everything else alike, nested stacks included. What is known only at deployment is not judged.
 *
 * A finding that is fine is acknowledged where it is:
 * `Validations.of(alarm).acknowledge({ id: 'InferenceChecks::alarm-no-effect', reason: 'shown on a wall' })`, or in the
 * `Metadata` of a resource or template: `InferenceChecks: { acknowledge: [{ id, reason }] }`.
 *
 * @throws InferenceConfigurationError when a rule or family is named that does not exist
 * @see https://docs.aws.amazon.com/cdk/v2/guide/policy-validation-synthesis.html
 * @example
 * Validations.of(app).addPlugins(new InferenceChecks());
 */
export class InferenceChecks implements IPolicyValidationPlugin {
  /** Name of the plugin in the report of an app, and the prefix of acknowledged ids. */
  public readonly name: string = 'InferenceChecks';

  /** Ids of the rules that run. */
  public readonly ruleIds?: string[];

  private readonly selected: readonly SelectedRule[];
  private readonly baseline?: string;

  constructor(props: InferenceChecksProps = {}) {
    refuse('InferenceChecks', unknownNames(props, families()));
    this.selected = selectRules(props, families());
    this.ruleIds = this.selected.map(({ rule }) => rule.id);
    this.baseline = props.baseline;
  }

  /** Called by the CDK after synthesis. */
  public validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    this.requireAcknowledgedRules(context);
    const templates = resolveAssembly(
      readTemplates(
        context.stackTemplates.map(({ templatePath }) => templatePath),
        context.appConstruct,
      ),
    );
    const open = withoutAcknowledged(findingsIn(templates, this.selected), templates, ids());
    const violations = compareWithBaseline(open, this.knownFindings()).fresh.map(violation);
    return { success: violations.every(({ severity }) => severity !== 'error'), violations };
  }

  private knownFindings(): readonly KnownFinding[] {
    return this.baseline === undefined
      ? []
      : parseBaseline(this.baseline, fs.readFileSync(this.baseline, 'utf8'), ids());
  }

  /** A misspelt id would acknowledge nothing, and nobody would know why. */
  private requireAcknowledgedRules({ appConstruct }: IPolicyValidationContext): void {
    const prefix = `${this.name}::`;
    for (const construct of appConstruct.node.findAll()) {
      construct.node.metadata
        .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
        .flatMap(({ data }) => Object.keys((data ?? {}) as object))
        .filter((id) => id.startsWith(prefix))
        .forEach((id) => requireRule(`construct '${construct.node.path}'`, id.slice(prefix.length), ids()));
    }
  }
}

/** The templates of stacks, and of the stacks nested in them. */
function readTemplates(files: readonly string[], root: IConstruct): readonly TemplateFile[] {
  const nested = nestedTemplates(root);
  const read = (file: string): readonly TemplateFile[] => {
    const template: TemplateFile = {
      file,
      template: JSON.parse(fs.readFileSync(file, 'utf8')),
      nested: nested.get(path.basename(file)),
    };
    return [
      template,
      ...nestedFiles(template)
        .filter((inner) => fs.existsSync(inner))
        .flatMap(read),
    ];
  };
  return files.flatMap(read);
}

/** By the name of a template's file: the files of the stacks nested in it, by their logical ids. */
function nestedTemplates(root: IConstruct): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const files = new Map<string, Record<string, string>>();
  for (const stack of root.node.findAll().filter((construct) => Stack.isStack(construct))) {
    const { nestedStackParent: parent, nestedStackResource: resource } = stack;
    if (parent !== undefined && CfnResource.isCfnResource(resource)) {
      const logicalId = String(parent.resolve(resource.logicalId));
      files.set(parent.templateFile, { ...files.get(parent.templateFile), [logicalId]: stack.templateFile });
    }
  }
  return files;
}

function violation({ rule, severity, file, resource, message }: Finding): PolicyViolation {
  return {
    ruleName: rule.id,
    severity,
    description: message,
    fix: `${rule.fix} (${rule.see})`,
    violatingResources: [{ resourceLogicalId: resource.logicalId, templatePath: file, locations: [] }],
  };
}
