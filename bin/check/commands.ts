import { type Command, Option } from 'commander';
import { KNOWN_IDS } from '../../lib/checks/known-ids';
import type { Severity } from '../../lib/checks/rules/rule';
import { similar } from '../../lib/checks/selection';
import { check, type CheckOptions, fails } from './check';
import { type Format, FORMATS, render } from './formats';
import { diff } from './diff';
import { explainRule, listRules, type RuleFormat, RULE_FORMATS } from './rules-list';

/** Nothing found; findings as bad as asked for; input that cannot be used. */
const EXIT = { clean: 0, findings: 1, unusable: 2 } as const;

const failOn = (): Option =>
  new Option('--fail-on <severity>', 'least severity of a finding that makes the exit code 1')
    .choices(['error', 'warning'])
    .default('error');
const format = (): Option =>
  new Option('-f, --format <format>', 'how findings are written').choices(FORMATS).default('table');

/** Adds the commands that check templates. */
export function addCheckCommands(program: Command): void {
  program
    .command('check')
    .description(
      'Find what AWS accepts or ignores and should not, in a synthesized app or in CloudFormation templates.\n' +
        'Exit code: 0 clean, 1 findings at or above --fail-on, 2 input that cannot be used.',
    )
    .argument('<path...>', 'output directory of cdk synth, or a template (JSON or YAML)')
    .addOption(format())
    .addOption(failOn())
    .option('--only <rules...>', 'run these rules or families alone')
    .option('--off <rules...>', 'do not run these rules or families')
    .option('--baseline <file>', 'do not report the findings in this file, which --format json wrote')
    .option('--explain', 'say on standard error what was not judged, since only the deployment knows it')
    .action((paths: string[], options: CheckOptions & { format: Format; failOn: Severity; explain?: boolean }) => {
      const checked = check(paths, options);
      console.log(render(options.format, checked.report));
      if (checked.gone > 0) {
        const entries = checked.gone === 1 ? 'entry' : 'entries';
        console.error(`${checked.gone} ${entries} of ${options.baseline} not found any more: to be removed`);
      }
      if (options.explain === true) {
        for (const { file, resource, property, source, rules } of checked.notJudged()) {
          console.error(`not judged: ${file} ${resource} ${property} comes from ${source} (${rules.join(', ')})`);
        }
      }
      process.exitCode = fails(checked.report, options.failOn) ? EXIT.findings : EXIT.clean;
    });

  program
    .command('diff')
    .description(
      'Find changes that are dangerous although each template alone is fine, with the safe order of steps.\n' +
        'Exit code: 0 clean, 1 findings at or above --fail-on, 2 input that cannot be used.',
    )
    .argument('<old>', 'what is deployed: output directory of cdk synth, or a template (JSON or YAML)')
    .argument('<new>', 'what would be deployed')
    .addOption(format())
    .addOption(failOn())
    .action((before: string, after: string, options: { format: Format; failOn: Severity }) => {
      const report = diff(before, after);
      console.log(render(options.format, report));
      process.exitCode = fails(report, options.failOn) ? EXIT.findings : EXIT.clean;
    });

  program
    .command('rules')
    .description('List the rules, or explain one.')
    .argument('[id]', 'a rule')
    .addOption(new Option('-f, --format <format>', 'how the list is written').choices(RULE_FORMATS).default('table'))
    .action((id: string | undefined, options: { format: RuleFormat }) => {
      if (id === undefined) {
        console.log(listRules(options.format));
        return;
      }
      const text = explainRule(id);
      if (text === undefined) {
        throw new Error(`there is no rule '${id}'${similar(id, [...KNOWN_IDS])}`);
      }
      console.log(text);
    });
}
