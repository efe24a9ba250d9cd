import * as path from 'path';
import { ResolvedTemplate } from './resolved-template';
import { plainObject, type Resolved, Unknown } from './resolved-value';

/** A template that was read from a file. */
export interface TemplateFile {
  readonly file: string;
  readonly template: unknown;
  /**
   * Files of nested stacks by their logical ids.
   * @default - what the template itself says: in a synthesized app by metadata, else where the URL will be
   */
  readonly nested?: Readonly<Record<string, string>>;
}

/** A template of an app, with what it refers to in the others. */
export interface AssemblyTemplate {
  readonly file: string;
  readonly resolved: ResolvedTemplate;
  /**
   * The resources that are stacks of this template: the resolved path of the template that has one, and the logical id.
   * @default - none: a stack of its own
   */
  readonly nestedIn?: readonly { readonly file: string; readonly logicalId: string }[];
}

/**
 * Resolves the templates of an app together: parameters of nested stacks are what the stack above gives, their outputs what
 * they are, and imports what the other stack exports. A nested template is one that a stack names by a local file.
 */
export function resolveAssembly(files: readonly TemplateFile[]): readonly AssemblyTemplate[] {
  const byFile = new Map<string, ResolvedTemplate>();
  const users = usersOf(files);
  const exports = new Map<string, () => Resolved>();
  for (const each of files) {
    const { file, template } = each;
    // One that several stacks use is given nothing for certain.
    const [giver, ...more] = users.get(path.resolve(file)) ?? [];
    const stacks = new Map(nestedStacks(each).map((stack) => [stack.logicalId, stack.file]));
    const resolved = new ResolvedTemplate(template, {
      all: () => [...byFile.values()],
      parameter: (name) => {
        const value = more.length === 0 ? giver?.parameters[name] : undefined;
        return value === undefined
          ? new Unknown(`parameter ${name}`)
          : (byFile.get(giver.file)?.resolve(value) ?? new Unknown(`parameter ${name}`));
      },
      nested: (logicalId) => byFile.get(stacks.get(logicalId) ?? ''),
      exported: (name) => exports.get(name)?.() ?? new Unknown(`export ${name}`),
    });
    byFile.set(path.resolve(file), resolved);
    for (const [name, output] of resolved.exports()) {
      exports.set(name, () => resolved.output(output));
    }
  }
  return files.map(({ file }) => ({
    file,
    resolved: byFile.get(path.resolve(file))!,
    nestedIn: users.get(path.resolve(file)),
  }));
}

/** The files of nested stacks that a template names. */
export function nestedFiles(template: TemplateFile): readonly string[] {
  return nestedStacks(template).map(({ file }) => file);
}

const NESTED: readonly unknown[] = ['AWS::CloudFormation::Stack', 'AWS::Serverless::Application'];

/** The nested stacks of a template whose files are known, with what they are given. */
function nestedStacks({ file, template, nested = {} }: TemplateFile): readonly {
  readonly logicalId: string;
  readonly file: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}[] {
  return Object.entries(plainObject(plainObject(template)?.Resources) ?? {}).flatMap(([logicalId, resource]) => {
    const stack = plainObject(resource) ?? {};
    const properties = plainObject(stack.Properties) ?? {};
    const name = nested[logicalId] ?? (NESTED.includes(stack.Type) ? localFile(stack, properties) : undefined);
    return name === undefined
      ? []
      : [
          {
            logicalId,
            file: path.resolve(path.dirname(file), name),
            parameters: plainObject(properties.Parameters) ?? {},
          },
        ];
  });
}

/** A synthesized app names the file in metadata; a template that is not packaged yet, where the URL will be. */
function localFile(
  stack: Readonly<Record<string, unknown>>,
  { TemplateURL, Location }: Readonly<Record<string, unknown>>,
): string | undefined {
  const name = [plainObject(stack.Metadata)?.['aws:asset:path'], TemplateURL, Location].find(
    (value): value is string => typeof value === 'string',
  );
  return name === undefined || /^(https?|s3):/.test(name) ? undefined : name;
}

/** A stack that uses a nested template. */
interface User {
  readonly file: string;
  readonly logicalId: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** By the file of a nested template: the stacks that use it. */
function usersOf(files: readonly TemplateFile[]): ReadonlyMap<string, readonly User[]> {
  const users = new Map<string, User[]>();
  for (const each of files) {
    for (const { file, logicalId, parameters } of nestedStacks(each)) {
      users.set(file, [...(users.get(file) ?? []), { file: path.resolve(each.file), logicalId, parameters }]);
    }
  }
  return users;
}
