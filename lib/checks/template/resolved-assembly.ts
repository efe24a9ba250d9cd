import * as path from 'path';
import { ResolvedTemplate } from './resolved-template';
import { plainObject, type Resolved, Unknown } from './resolved-value';

/** A template that was read from a file. */
export interface TemplateFile {
  readonly file: string;
  readonly template: unknown;
}

/** A template of an app, with what it refers to in the others. */
export interface AssemblyTemplate {
  readonly file: string;
  readonly resolved: ResolvedTemplate;
}

/**
 * Resolves the templates of an app together: parameters of nested stacks are what the stack above gives, their outputs what
 * they are, and imports what the other stack exports. A nested template is one that a stack names by a local file.
 */
export function resolveAssembly(files: readonly TemplateFile[]): readonly AssemblyTemplate[] {
  const byFile = new Map<string, ResolvedTemplate>();
  const givers = parametersGiven(files);
  const exports = new Map<string, () => Resolved>();
  for (const { file, template } of files) {
    const giver = givers.get(path.resolve(file));
    const resolved = new ResolvedTemplate(template, {
      all: () => [...byFile.values()],
      parameter: (name) => {
        const value = giver?.parameters[name];
        return value === undefined
          ? new Unknown(`parameter ${name}`)
          : (byFile.get(giver!.file)?.resolve(value) ?? new Unknown(`parameter ${name}`));
      },
      nested: (logicalId) => {
        const stack = plainObject(plainObject(plainObject(template)?.Resources)?.[logicalId]);
        const nested = stack === undefined ? undefined : nestedFile(file, stack);
        return nested === undefined ? undefined : byFile.get(nested);
      },
      exported: (name) => exports.get(name)?.() ?? new Unknown(`export ${name}`),
    });
    byFile.set(path.resolve(file), resolved);
    for (const [name, output] of resolved.exports()) {
      exports.set(name, () => resolved.output(output));
    }
  }
  return files.map(({ file }) => ({ file, resolved: byFile.get(path.resolve(file))! }));
}

/** The files of nested stacks that a template names. */
export function nestedFiles({ file, template }: TemplateFile): readonly string[] {
  return stacksOf(template)
    .map((stack) => nestedFile(file, stack))
    .filter((nested) => nested !== undefined);
}

function stacksOf(template: unknown): readonly Record<string, unknown>[] {
  return Object.values(plainObject(plainObject(template)?.Resources) ?? {})
    .map((resource) => plainObject(resource))
    .filter(
      (resource) =>
        resource?.Type === 'AWS::CloudFormation::Stack' || resource?.Type === 'AWS::Serverless::Application',
    )
    .filter((resource) => resource !== undefined);
}

/** A synthesized app names the file in metadata; a template that is not packaged yet, where the URL will be. */
function nestedFile(file: string, stack: Record<string, unknown>): string | undefined {
  const asset = plainObject(stack.Metadata)?.['aws:asset:path'];
  const properties = plainObject(stack.Properties) ?? {};
  const name = [asset, properties.TemplateURL, properties.Location].find((value) => typeof value === 'string');
  return typeof name === 'string' && !/^(https?|s3):/.test(name) ? path.resolve(path.dirname(file), name) : undefined;
}

/** By the file of a nested template: what it is given, and by whom. One that several stacks use is given nothing for certain. */
function parametersGiven(
  files: readonly TemplateFile[],
): ReadonlyMap<string, { readonly file: string; readonly parameters: Readonly<Record<string, unknown>> }> {
  const givers = new Map<string, { file: string; parameters: Record<string, unknown> }>();
  for (const { file, template } of files) {
    for (const stack of stacksOf(template)) {
      const nested = nestedFile(file, stack);
      if (nested !== undefined) {
        const parameters = plainObject(plainObject(stack.Properties)?.Parameters) ?? {};
        givers.set(nested, { file: path.resolve(file), parameters: givers.has(nested) ? {} : parameters });
      }
    }
  }
  return givers;
}
