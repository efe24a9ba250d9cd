import * as fs from 'node:fs';
import { App, Stack, Token, type CfnResource } from 'aws-cdk-lib';
import { CfnParser, type ParseCfnOptions } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { Construct } from 'constructs';

type L1 = new (scope: Construct, id: string, props: unknown) => CfnResource;

/** One resource as somebody would write it by hand with the generated classes of aws-cdk-lib; plain data. */
export interface PlainResource {
  readonly module: string;
  readonly className: string;
  readonly id: string;
  readonly props: unknown;
  readonly dependsOn: readonly string[];
}

interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly DependsOn?: string | string[];
}

const MARK = /^__intrinsic:(.*)$/;

/** Turns a synthesized template into what its resources would be as generated classes. */
export function plainResources(templateFile: string): PlainResource[] {
  const { Resources } = JSON.parse(fs.readFileSync(templateFile, 'utf8')) as {
    Resources: Record<string, TemplateResource>;
  };
  const scratch = new Stack(new App(), 'Scratch');
  return Object.entries(Resources)
    .filter(([, { Type }]) => Type !== 'AWS::CDK::Metadata')
    .map(([id, { Type, Properties, DependsOn }]) => {
      const after = DependsOn === undefined ? [] : [DependsOn].flat();
      if (Type.startsWith('Custom::')) {
        const props = { type: Type, properties: markIntrinsics(Properties ?? {}) };
        return { module: 'aws-cdk-lib', className: 'CfnResource', id, props, dependsOn: after };
      }
      const [, service, name] = Type.split('::');
      const module = `aws-cdk-lib/aws-${service.toLowerCase()}`;
      const className = `Cfn${name}`;
      const parser = new CfnParser({ finder: NOTHING } as unknown as ParseCfnOptions);
      const parsed = load(module, className)._fromCloudFormation(
        scratch,
        id,
        { Type, Properties: markIntrinsics(Properties ?? {}) },
        { parser },
      );
      const props = (parsed as unknown as { cfnProperties: unknown }).cfnProperties;
      return { module, className, id, props, dependsOn: after };
    });
}

/** The generated class itself, loaded when it is first asked for, as any app does. */
export function load(
  module: string,
  className: string,
): L1 & { _fromCloudFormation(scope: Construct, id: string, attributes: unknown, options: unknown): CfnResource } {
  return (require(module) as Record<string, ReturnType<typeof load>>)[className];
}

const NOTHING = {
  findCondition: () => undefined,
  findMapping: () => undefined,
  findRefTarget: () => undefined,
  findResource: () => undefined,
};

/** The parser resolves references to constructs, of which there are none yet: they go through it as text. */
function markIntrinsics(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(markIntrinsics);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const keys = Object.keys(value);
  if (keys.length === 1 && (keys[0] === 'Ref' || keys[0].startsWith('Fn::'))) {
    return `__intrinsic:${JSON.stringify(value)}`;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, markIntrinsics(item)]));
}

/** Props whose intrinsics are what one would write by hand: references to the classes made before, and text around them. */
export function withReferences(value: unknown, made: ReadonlyMap<string, CfnResource>): unknown {
  if (typeof value === 'string') {
    const intrinsic = MARK.exec(value)?.[1];
    return intrinsic === undefined ? value : reference(JSON.parse(intrinsic) as Intrinsic, made);
  }
  if (Array.isArray(value)) {
    return value.map((item) => withReferences(item, made));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withReferences(item, made)]));
}

interface Intrinsic {
  readonly Ref?: string;
  readonly 'Fn::GetAtt'?: readonly [string, string];
  readonly 'Fn::Join'?: readonly [string, readonly unknown[]];
}

function reference(intrinsic: Intrinsic, made: ReadonlyMap<string, CfnResource>): string {
  const { Ref: name, 'Fn::GetAtt': attribute, 'Fn::Join': join } = intrinsic;
  if (name !== undefined && made.has(name)) {
    return made.get(name)!.ref;
  }
  if (attribute !== undefined && made.has(attribute[0])) {
    return made.get(attribute[0])!.getAtt(attribute[1]).toString();
  }
  if (join !== undefined) {
    return join[1].map((part) => (typeof part === 'string' ? part : reference(part as Intrinsic, made))).join(join[0]);
  }
  // Of the account and the region, or of a resource that only comes later.
  return Token.asString(intrinsic);
}
