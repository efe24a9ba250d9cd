import * as path from 'node:path';
import { AssetManifestArtifact } from 'aws-cdk-lib/cx-api';
import { plainObject } from '../../lib/checks/template/resolved-value';
import { type AssemblyStack } from '../assembly';

/** Files of nested stacks, by their logical ids. */
export type NestedFiles = Readonly<Record<string, string>>;

/**
 * The files of stacks that are nested in a template of a synthesized app. A stack names its template by the digest of the asset
 * that it is, wherever it was synthesized; its metadata says the file only if the `cdk` command did it.
 */
export function nestedFilesOf(stack: AssemblyStack, template: unknown): NestedFiles {
  const files = stack.artifact.dependencies
    .filter((artifact): artifact is AssetManifestArtifact => AssetManifestArtifact.isAssetManifestArtifact(artifact))
    .flatMap(({ contents }) => Object.entries(contents.files ?? {}))
    .flatMap(([digest, { source }]) =>
      source.path?.endsWith('.template.json') === true ? [[digest, source.path]] : [],
    );
  return Object.fromEntries(
    Object.entries(plainObject(plainObject(template)?.Resources) ?? {}).flatMap(([logicalId, resource]) => {
      const { Type, Properties } = plainObject(resource) ?? {};
      const url = JSON.stringify(plainObject(Properties)?.TemplateURL ?? '');
      const [, file] = files.find(([digest]) => Type === 'AWS::CloudFormation::Stack' && url.includes(digest)) ?? [];
      return file === undefined ? [] : [[logicalId, file]];
    }),
  );
}

/** A construct that is a resource, and its logical id. */
interface Made {
  readonly construct: string;
  readonly data: unknown;
}

/** The file that each resource of a stack is in, its own or that of a stack nested in it: logical ids repeat between them. */
export function filesOfResources(
  stack: AssemblyStack,
  made: readonly Made[],
  nestedIn: (file: string) => NestedFiles,
): readonly (Made & { readonly file: string })[] {
  const scopes = new Map<string, string>();
  const fileOf = (construct: string): string => {
    const scope = [...scopes.keys()]
      .filter((each) => construct.startsWith(`${each}/`))
      .sort((a, b) => b.length - a.length)[0];
    return scope === undefined ? stack.templateFile : scopes.get(scope)!;
  };
  // A nested stack `Inner` is the construct `Inner`; its resource is made beside it. The outer ones come first.
  for (const { construct, data } of [...made].sort((one, other) => one.construct.length - other.construct.length)) {
    const [, scope] = /^(.*)\.NestedStack\/[^/]+\.NestedStackResource$/.exec(construct) ?? [];
    const file = scope === undefined ? undefined : nestedIn(fileOf(construct))[String(data)];
    if (scope !== undefined && file !== undefined) {
      scopes.set(scope, path.join(path.dirname(stack.templateFile), file));
    }
  }
  return made.map((each) => ({ ...each, file: fileOf(each.construct) }));
}
