import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { styleText } from 'node:util';
import Table from 'cli-table3';
import { XMLBuilder } from 'fast-xml-parser';
import { version } from '../../package.json';
import type { Report, ReportedFinding } from './reported-finding';

/** Ways to tell what was found. */
export const FORMATS = ['table', 'json', 'sarif', 'junit'] as const;
export type Format = (typeof FORMATS)[number];

const TOOL = 'inference-patterns';
const HOME = 'https://github.com/cdk-inference-patterns/cdk-inference-patterns';

/** The text of a report in one of the formats. */
export function render(format: Format, report: Report): string {
  switch (format) {
    case 'table':
      return asTable(report);
    case 'json':
      return JSON.stringify(report.findings, undefined, 2);
    case 'sarif':
      return JSON.stringify(asSarif(report), undefined, 2);
    case 'junit':
      return asJunit(report);
  }
}

function asTable({ findings, templates, constructOf }: Report): string {
  // The columns, with a space on either side of each and the lines around them.
  const names = Math.max(30, ...findings.map(({ id }) => id.length)) + 2;
  const width = Math.max(60, Math.min(160, process.stdout.columns ?? 120) - names - 4);
  const tables = templates
    .map((template) => ({ template, found: findings.filter((finding) => finding.template === template) }))
    .filter(({ found }) => found.length > 0)
    .map(({ template, found }) => {
      const table = new Table({
        head: [broken(template, names - 2), ''],
        style: { head: [], border: [] },
        wordWrap: true,
        colWidths: [names, width],
      });
      found.forEach((finding) => table.push([subject(finding), explanation(finding, constructOf, width - 2)]));
      return table.toString();
    });
  return [...tables, summary(findings, templates.length)].join('\n\n');
}

function subject({ severity, id }: ReportedFinding): string {
  return `${styled(severity === 'error' ? 'red' : 'yellow', severity)}\n${id}`;
}

function explanation(
  { template, resource, message, fix, see }: ReportedFinding,
  constructOf: Report['constructOf'],
  width: number,
): string {
  const construct = constructOf(template, resource);
  const where = construct === undefined ? resource : `${construct} (${resource})`;
  return broken([where, message, `fix: ${fix}`, see].join('\n'), width);
}

/** The table wraps between words; a longer one, such as an address, is broken here, or it would be cut. */
function broken(text: string, width: number): string {
  return text.replace(new RegExp(`\\S{${width}}(?=\\S)`, 'g'), '$&\n');
}

/** Colours are for people: a file or another program gets plain text. */
function styled(colour: 'red' | 'yellow', text: string): string {
  return process.stdout.isTTY && process.env.NO_COLOR === undefined ? styleText(colour, text) : text;
}

function summary(findings: readonly ReportedFinding[], templates: number): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return `${count(errors, 'error')}, ${count(findings.length - errors, 'warning')} in ${count(templates, 'template')}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
function asSarif({ findings, rules, constructOf, lineOf }: Report): object {
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: TOOL,
            version,
            informationUri: HOME,
            rules: rules.map(({ id, severity, title, fix, see }) => ({
              id,
              shortDescription: { text: title },
              help: { text: fix },
              helpUri: see,
              defaultConfiguration: { level: severity },
            })),
          },
        },
        results: findings.map(({ id, severity, template, resource, message, fix }) => ({
          ruleId: id,
          ruleIndex: rules.findIndex((rule) => rule.id === id),
          level: severity,
          message: { text: `${message}. Fix: ${fix}` },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(template) },
                region: { startLine: lineOf(template, resource) ?? 1 },
              },
              logicalLocations: [{ fullyQualifiedName: constructOf(template, resource) ?? resource, kind: 'resource' }],
            },
          ],
        })),
      },
    ],
  };
}

/** Relative to where the command runs, as the template is named; what is named in full stays so. */
function uriOf(file: string): string {
  return path.isAbsolute(file) ? pathToFileURL(file).href : file.split(/[\\/]/).map(encodeURIComponent).join('/');
}

/** A suite per template and a case per rule; a rule that speaks of several resources has a case for each. */
function asJunit({ findings, rules, templates }: Report): string {
  const suites = templates.map((template) => {
    const cases = rules.flatMap(({ id }) => {
      const found = findings.filter((finding) => finding.template === template && finding.id === id);
      return found.length === 0
        ? [{ '@name': id, '@classname': template }]
        : found.map(({ severity, resource, message, fix, see }) => ({
            '@name': `${id} ${resource}`,
            '@classname': template,
            failure: {
              '@message': message,
              '@type': severity,
              '#text': `${resource}: ${message}\nfix: ${fix}\n${see}`,
            },
          }));
    });
    return {
      '@name': template,
      '@tests': cases.length,
      '@failures': cases.filter((each) => 'failure' in each).length,
      testcase: cases,
    };
  });
  const builder = new XMLBuilder({ attributeNamePrefix: '@', ignoreAttributes: false, format: true });
  return builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: { '@name': TOOL, testsuite: suites },
  });
}
