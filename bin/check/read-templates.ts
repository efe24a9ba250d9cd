import * as fs from 'node:fs';
import * as path from 'node:path';
import { nestedFiles, type TemplateFile } from '../../lib/checks/template/resolved-assembly';
import { findMetadata, readStacks } from '../assembly';
import { filesOfResources, nestedFilesOf, type NestedFiles } from './nested-stacks';
import { parseTemplate, parseText } from './parse-template';

/** Types under which a synthesized app keeps the logical ids of constructs, and what was acknowledged at them. */
const LOGICAL_ID = 'aws:cdk:logicalId';
const ACKNOWLEDGED = 'aws:cdk:acknowledged-rules';

/** What the constructs of a synthesized app say of their resources. */
export interface ConstructNotes {
  /** Path of the construct of a resource, by the template's file and the logical id. */
  readonly pathOf: (file: string, logicalId: string) => string | undefined;
  /** What was acknowledged, by the path of a construct. */
  readonly acknowledged: readonly { readonly path: string; readonly id: string }[];
}

/** Templates with what is known of the constructs that made them. */
export interface Templates {
  readonly files: readonly TemplateFile[];
  readonly notes: ConstructNotes;
}

/**
 * Reads what is to be checked: the output directory of `cdk synth`, or a template. Stacks that are nested in it are read, too.
 *
 * @throws with the file and the place, when it is neither
 */
export function readTemplates(paths: readonly string[]): Templates {
  const files = new Map<string, TemplateFile>();
  const constructs = new Map<string, string>();
  const acknowledged: { path: string; id: string }[] = [];
  const add = (file: string, parse: typeof parseTemplate, nestedIn?: (template: unknown) => NestedFiles): void => {
    if (!files.has(path.resolve(file))) {
      const content = parse(file, readText(file));
      const template = { file, template: content, nested: nestedIn?.(content) };
      files.set(path.resolve(file), template);
      nestedFiles(template)
        .filter((nested) => fs.existsSync(nested))
        .forEach((nested) => add(path.relative(process.cwd(), nested), parse, nestedIn));
    }
  };
  for (const each of paths) {
    if (fs.existsSync(each) && fs.statSync(each).isDirectory()) {
      for (const stack of readStacks(each)) {
        add(path.relative(process.cwd(), stack.templateFile), parseText, (template) => nestedFilesOf(stack, template));
        const made = findMetadata(stack, LOGICAL_ID);
        const nestedIn = (file: string): NestedFiles => files.get(path.resolve(file))?.nested ?? {};
        for (const { construct, data, file } of filesOfResources(stack, made, nestedIn)) {
          constructs.set(`${path.resolve(file)} ${String(data)}`, construct.slice(1));
        }
        for (const { construct, data } of findMetadata(stack, ACKNOWLEDGED)) {
          acknowledged.push(...Object.keys(data as object).map((id) => ({ path: construct.slice(1), id })));
        }
      }
    } else {
      add(each, parseTemplate);
    }
  }
  return {
    files: [...files.values()],
    notes: { pathOf: (file, logicalId) => constructs.get(`${path.resolve(file)} ${logicalId}`), acknowledged },
  };
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}
