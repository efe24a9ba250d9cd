import { Composed, isObject, Reference, type Resolved, type ResolvedObject, Unknown } from './resolved-value';

/** A CloudFormation template as it was parsed. */
export interface Template {
  readonly Resources?: unknown;
  readonly Mappings?: unknown;
  readonly Conditions?: unknown;
  readonly Parameters?: unknown;
}

/** One resource, its properties resolved. */
export interface ResolvedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: ResolvedObject;
  readonly dependsOn: readonly string[];
  readonly updatePolicy: Resolved;
  readonly deletionPolicy?: string;
  readonly updateReplacePolicy?: string;
}

/**
 * A template whose intrinsic functions are followed as far as they can be: references become `Reference`, text around them
 * `Composed`, and what only the deployment knows `Unknown`. However strange a template is, this never throws.
 */
export class ResolvedTemplate {
  public readonly resources: readonly ResolvedResource[];
  private readonly byId: ReadonlyMap<string, ResolvedResource>;
  private readonly raw: Template;

  constructor(template: unknown) {
    this.raw = plainObject(template) ?? {};
    this.resources = Object.entries(plainObject(this.raw.Resources) ?? {}).flatMap(([logicalId, resource]) =>
      this.resource(logicalId, plainObject(resource)),
    );
    this.byId = new Map(this.resources.map((resource) => [resource.logicalId, resource]));
  }

  /** The resources of some types, such as `AWS::SageMaker::Endpoint`. */
  public ofType(...types: readonly string[]): readonly ResolvedResource[] {
    return this.resources.filter(({ type }) => types.includes(type));
  }

  /** The resource with this logical id. */
  public resourceOf(logicalId: string): ResolvedResource | undefined {
    return this.byId.get(logicalId);
  }

  /** The resource of some type that a value refers to. */
  public referred(value: Resolved, ...types: readonly string[]): ResolvedResource | undefined {
    const found = value instanceof Reference ? this.byId.get(value.logicalId) : undefined;
    return found !== undefined && (types.length === 0 || types.includes(found.type)) ? found : undefined;
  }

  private resource(logicalId: string, resource: Record<string, unknown> | undefined): ResolvedResource[] {
    if (resource === undefined || typeof resource.Type !== 'string') {
      return [];
    }
    const properties = this.resolve(resource.Properties);
    return [
      {
        logicalId,
        type: resource.Type,
        properties: isObject(properties) ? properties : {},
        dependsOn: [resource.DependsOn].flat().filter((id) => typeof id === 'string'),
        updatePolicy: this.resolve(resource.UpdatePolicy),
        deletionPolicy: typeof resource.DeletionPolicy === 'string' ? resource.DeletionPolicy : undefined,
        updateReplacePolicy:
          typeof resource.UpdateReplacePolicy === 'string' ? resource.UpdateReplacePolicy : undefined,
      },
    ];
  }

  private resolve(value: unknown): Resolved {
    if (Array.isArray(value)) {
      return value.map((item) => this.resolve(item)).filter((item) => item !== undefined);
    }
    const object = plainObject(value);
    if (object === undefined) {
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
    }
    const keys = Object.keys(object);
    if (keys.length === 1 && (keys[0] === 'Ref' || keys[0].startsWith('Fn::'))) {
      return this.intrinsic(keys[0], object[keys[0]]);
    }
    return Object.fromEntries(
      Object.entries(object)
        .map(([key, item]) => [key, this.resolve(item)] as const)
        .filter(([, item]) => item !== undefined),
    );
  }

  private intrinsic(name: string, argument: unknown): Resolved {
    switch (name) {
      case 'Ref':
        return this.reference(argument);
      case 'Fn::GetAtt':
        return this.attribute(argument);
      case 'Fn::Join':
        return this.join(argument);
      case 'Fn::Sub':
        return this.substitute(argument);
      case 'Fn::If':
        return this.choose(argument);
      case 'Fn::FindInMap':
        return this.findInMap(argument);
      case 'Fn::Select':
        return this.select(argument);
      default:
        return new Unknown(name);
    }
  }

  private reference(argument: unknown): Resolved {
    if (argument === 'AWS::NoValue') {
      return undefined;
    }
    if (typeof argument !== 'string') {
      return new Unknown('Ref');
    }
    return argument in (plainObject(this.raw.Resources) ?? {})
      ? new Reference(argument)
      : new Unknown(argument.startsWith('AWS::') ? argument : `parameter ${argument}`);
  }

  private attribute(argument: unknown): Resolved {
    const path = typeof argument === 'string' ? argument.split('.') : Array.isArray(argument) ? argument : [];
    const [logicalId, ...rest] = path as unknown[];
    return typeof logicalId === 'string' && rest.every((part) => typeof part === 'string')
      ? new Reference(logicalId, rest.join('.'))
      : new Unknown('Fn::GetAtt');
  }

  private join(argument: unknown): Resolved {
    if (!Array.isArray(argument) || typeof argument[0] !== 'string') {
      return new Unknown('Fn::Join');
    }
    const items = this.resolve(argument[1]);
    if (!Array.isArray(items)) {
      return new Unknown('Fn::Join');
    }
    return composed(
      (items as Resolved[]).flatMap((item, index) => [...(index === 0 ? [] : [argument[0] as string]), item]),
    );
  }

  private substitute(argument: unknown): Resolved {
    const [text, variables] = Array.isArray(argument) ? (argument as unknown[]) : [argument, undefined];
    if (typeof text !== 'string') {
      return new Unknown('Fn::Sub');
    }
    const given = plainObject(variables) ?? {};
    const parts: Resolved[] = [];
    let end = 0;
    for (const match of text.matchAll(/\$\{(!?)([^}]*)\}/g)) {
      const [whole, literal, name] = match;
      parts.push(text.slice(end, match.index));
      end = match.index + whole.length;
      if (literal !== '') {
        parts.push(`\${${name}}`);
      } else if (name in given) {
        parts.push(this.resolve(given[name]));
      } else {
        parts.push(name.includes('.') ? this.attribute(name) : this.reference(name));
      }
    }
    return composed([...parts, text.slice(end)]);
  }

  /** A condition depends on parameters; only where both branches are the same is the outcome known. */
  private choose(argument: unknown): Resolved {
    const [, yes, no] = Array.isArray(argument) ? (argument as unknown[]) : [];
    return JSON.stringify(yes) === JSON.stringify(no) && yes !== undefined ? this.resolve(yes) : new Unknown('Fn::If');
  }

  private findInMap(argument: unknown): Resolved {
    const keys = Array.isArray(argument) ? (argument as unknown[]).slice(0, 3).map((key) => this.resolve(key)) : [];
    if (keys.length < 3 || !keys.every((key) => typeof key === 'string')) {
      return new Unknown('Fn::FindInMap');
    }
    const [map, first, second] = keys;
    const found = plainObject(plainObject(plainObject(this.raw.Mappings)?.[map])?.[first])?.[second];
    return found === undefined ? new Unknown('Fn::FindInMap') : this.resolve(found);
  }

  private select(argument: unknown): Resolved {
    const [index, list] = Array.isArray(argument) ? (argument as unknown[]) : [];
    const items = this.resolve(list);
    return Array.isArray(items) && Number.isInteger(Number(index)) && Number(index) < items.length
      ? (items as Resolved[])[Number(index)]
      : new Unknown('Fn::Select');
  }
}

/** Text where all of it is known, else its pieces. */
function composed(parts: readonly Resolved[]): Resolved {
  const flat = parts.flatMap((part): (string | Reference | Unknown)[] => {
    if (part instanceof Composed) {
      return [...part.parts];
    }
    if (part instanceof Reference || part instanceof Unknown) {
      return [part];
    }
    return typeof part === 'object' || part === undefined ? [new Unknown('a list or an object')] : [String(part)];
  });
  const merged: (string | Reference | Unknown)[] = [];
  for (const part of flat) {
    const last = merged.at(-1);
    if (typeof part === 'string' && typeof last === 'string') {
      merged[merged.length - 1] = last + part;
    } else if (part !== '') {
      merged.push(part);
    }
  }
  if (merged.length === 0) {
    return '';
  }
  return merged.length === 1 ? merged[0] : new Composed(merged);
}

function plainObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
