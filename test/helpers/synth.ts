/* eslint-disable @typescript-eslint/no-explicit-any -- templates and documents are read as plain data */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { App, type AppProps, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';

const CDK_JSON = path.join(__dirname, '..', '..', 'cdk.json');

/** The feature flags with which the project itself is synthesized. */
export const FLAGS = (JSON.parse(readFileSync(CDK_JSON, 'utf8')) as { context: Record<string, unknown> }).context;

export function testApp(props: AppProps = {}): App {
  return new App({ ...props, context: { ...FLAGS, ...props.context } });
}

export function testStack(props: StackProps & { readonly id?: string } = {}): Stack {
  const { id, ...rest } = props;
  return new Stack(testApp(), id ?? 'Stack', rest);
}

/** A template as plain data, which `Template.fromStack` has checked for circles. */
export interface PlainTemplate {
  readonly Resources: { readonly [logicalId: string]: PlainResource };
  readonly Parameters?: { readonly [id: string]: unknown };
  readonly Outputs?: { readonly [id: string]: unknown };
}

export interface PlainResource {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: any };
  readonly DependsOn?: string | string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly UpdatePolicy?: any;
}

export function plain(stack: Stack): PlainTemplate {
  return Template.fromStack(stack).toJSON() as PlainTemplate;
}

export function ofType(template: PlainTemplate, type: string): [string, PlainResource][] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}

/** The only resource of a type. */
export function only(template: PlainTemplate, type: string): PlainResource {
  const found = ofType(template, type);
  if (found.length !== 1) {
    throw new Error(`expected one ${type}, found ${found.length}: ${found.map(([id]) => id).join(', ')}`);
  }
  return found[0][1];
}

/** The resource whose logical id starts like this, hashes aside. */
export function named(template: PlainTemplate, prefix: RegExp): PlainResource {
  const found = Object.entries(template.Resources).filter(([id]) => prefix.test(id));
  if (found.length !== 1) {
    throw new Error(
      `expected one resource like ${prefix}, found ${found.length}: ${found.map(([id]) => id).join(', ')}`,
    );
  }
  return found[0][1];
}

/** Every string in a value, however deep. */
export function strings(value: unknown): string[] {
  if (typeof value === 'string') {
    return [value];
  }
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [key, ...strings(inner)])
    : [];
}

/** Logical ids that a value refers to, by Ref, GetAtt or Sub. */
export function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const own = value as Record<string, unknown>;
  if (typeof own.Ref === 'string') {
    return [own.Ref];
  }
  const attribute = own['Fn::GetAtt'];
  if (attribute !== undefined) {
    return [Array.isArray(attribute) ? String(attribute[0]) : (attribute as string).split('.')[0]];
  }
  return [...substituted(own['Fn::Sub']), ...Object.values(own).flatMap(references)];
}

/** What a text of Fn::Sub refers to; names that it defines itself are none. */
function substituted(sub: unknown): string[] {
  const [text, values] = (Array.isArray(sub) ? sub : [sub]) as [unknown, object | undefined];
  return typeof text === 'string'
    ? [...text.matchAll(/\$\{(?!!)([\w:]+)(?:\.[\w.]+)?\}/g)]
        .map(([, name]) => name)
        .filter((name) => !(name in (values ?? {})))
    : [];
}

/** Everything that CloudFormation has made, or rolled back, before it touches a resource. References in an update policy do not count. */
export function comesAfter(template: PlainTemplate, logicalId: string, seen = new Set<string>()): Set<string> {
  const resource = template.Resources[logicalId];
  if (resource === undefined) {
    return seen;
  }
  for (const next of [...references(resource.Properties), ...[resource.DependsOn ?? []].flat()]) {
    if (!seen.has(next) && next in template.Resources) {
      seen.add(next);
      comesAfter(template, next, seen);
    }
  }
  return seen;
}
