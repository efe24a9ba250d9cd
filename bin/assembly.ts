import * as fs from 'node:fs';
import * as path from 'node:path';
import { CloudAssembly, type CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api';

/** One stack of a synthesized app. */
export interface AssemblyStack {
  readonly name: string;
  readonly templateFile: string;
  readonly template: {
    readonly Resources: { readonly [logicalId: string]: { readonly Type: string; readonly Properties?: unknown } };
  };
  readonly artifact: CloudFormationStackArtifact;
}

/** The stacks of a synthesized app, those in its stages too. */
export function readStacks(directory: string): AssemblyStack[] {
  if (!fs.existsSync(path.join(directory, 'manifest.json'))) {
    throw new Error(
      `${directory} is not a synthesized app (no manifest.json): run 'cdk synth' first, or name its output directory`,
    );
  }
  return artifactsIn(directory).map((artifact) => ({
    name: artifact.stackName,
    templateFile: artifact.templateFullPath,
    get template() {
      return artifact.template as AssemblyStack['template'];
    },
    artifact,
  }));
}

function artifactsIn(directory: string): CloudFormationStackArtifact[] {
  try {
    return new CloudAssembly(directory).stacksRecursively;
  } catch (error) {
    throw new Error(`${directory} cannot be read as a synthesized app: ${(error as Error).message}`, { cause: error });
  }
}

/** What constructs of a stack have left in the assembly under a type, with the construct's path. */
export function findMetadata(
  stack: AssemblyStack,
  type: string,
): { readonly construct: string; readonly data: unknown }[] {
  return stack.artifact.findMetadataByType(type).map(({ path: construct, data }) => ({ construct, data }));
}
