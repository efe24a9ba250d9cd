import { conditionHolds } from './condition';
import {
  collectReferred,
  Composed,
  isObject,
  plainObject,
  Reference,
  type Resolved,
  type ResolvedObject,
  Unknown,
} from './resolved-value';

/** What is around a template: other templates of the same app, which it may refer to. */
export interface Surroundings {
  /** What the stack above gives to a parameter of a nested one. */
  readonly parameter: (name: string) => Resolved;
  /** The template of a nested stack. */
  readonly nested: (logicalId: string) => ResolvedTemplate | undefined;
  /** What another stack exports under a name. */
  readonly exported: (name: string) => Resolved;
  /** All templates, this one too. */
  readonly all: () => readonly ResolvedTemplate[];
}

/** One resource. */
export interface ResolvedResource {
  readonly template: ResolvedTemplate;
  readonly logicalId: string;
  readonly type: string;
  /** The name of the condition under which it exists. */
  readonly condition?: string;
  readonly properties: ResolvedObject;
  readonly dependsOn: readonly string[];
  readonly updatePolicy: Resolved;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Absent where the template says nothing; `unknown` where only the deployment knows. */
  readonly deletionPolicy?: string;
  /** Absent where the template says nothing; `unknown` where only the deployment knows. */
  readonly updateReplacePolicy?: string;
}

/**
 * A template whose intrinsic functions are followed as far as they can be: references become `Reference`, text around them
 * `Composed`, and what only the deployment knows `Unknown`. However strange a template is, this never throws.
 */
export class ResolvedTemplate {
  /** Every resource that exists for certain, or may exist. */
  public readonly resources: readonly ResolvedResource[];
  private readonly byId: Map<string, ResolvedResource> = new Map();
  private readonly byType: Map<string, ResolvedResource[]> = new Map();
  private readonly raw: Readonly<Record<string, unknown>>;
  private readonly surroundings: Surroundings;
  private readonly following: Set<string> = new Set();
  private mentioned?: ReadonlySet<ResolvedResource>;

  constructor(template: unknown, surroundings?: Partial<Surroundings>) {
    this.raw = plainObject(template) ?? {};
    this.surroundings = {
      parameter: (name) => new Unknown(`parameter ${name}`),
      nested: () => undefined,
      exported: (name) => new Unknown(`export ${name}`),
      all: () => [this],
      ...surroundings,
    };
    this.resources = Object.entries(plainObject(this.raw.Resources) ?? {}).flatMap(([logicalId, resource]) =>
      this.resource(logicalId, plainObject(resource)),
    );
    for (const resource of this.resources) {
      this.byId.set(resource.logicalId, resource);
      const alike = this.byType.get(resource.type) ?? [];
      alike.push(resource);
      this.byType.set(resource.type, alike);
    }
  }

  /** The template's own `Metadata`. */
  public get metadata(): Readonly<Record<string, unknown>> {
    return plainObject(this.raw.Metadata) ?? {};
  }

  /** The resources of some types, such as `AWS::SageMaker::Endpoint`. */
  public ofType(...types: readonly string[]): readonly ResolvedResource[] {
    return types.length === 1
      ? (this.byType.get(types[0]) ?? [])
      : this.resources.filter(({ type }) => types.includes(type));
  }

  /** The resources of some types, or all, those of the app's other templates too. */
  public everywhere(...types: readonly string[]): readonly ResolvedResource[] {
    return this.surroundings
      .all()
      .flatMap((template) => (types.length === 0 ? template.resources : template.ofType(...types)));
  }

  /** The resource with this logical id. */
  public resourceOf(logicalId: string): ResolvedResource | undefined {
    return this.byId.get(logicalId);
  }

  /** The resource of some type that a value refers to. */
  public referred(value: Resolved, ...types: readonly string[]): ResolvedResource | undefined {
    const found = value instanceof Reference ? value.resource : undefined;
    return found !== undefined && (types.length === 0 || types.includes(found.type)) ? found : undefined;
  }

  /** Whether another resource of the app refers to a resource, anywhere in its properties. */
  public isMentioned(resource: ResolvedResource): boolean {
    return this.surroundings.all().some((template) => (template.mentioned ??= template.allMentioned()).has(resource));
  }

  /** The value of an output. */
  public output(name: string): Resolved {
    const output = plainObject(plainObject(this.raw.Outputs)?.[name]);
    return output === undefined
      ? new Unknown(`output ${name}`)
      : this.once(`output ${name}`, () => this.resolve(output.Value));
  }

  /** What this template exports, by the names that are known. */
  public exports(): ReadonlyMap<string, string> {
    return new Map(
      Object.entries(plainObject(this.raw.Outputs) ?? {}).flatMap(([output, definition]) => {
        const name = this.resolve(plainObject(plainObject(definition)?.Export)?.Name);
        return typeof name === 'string' ? [[name, output] as const] : [];
      }),
    );
  }

  /** A value of this template with its intrinsic functions followed. */
  public resolve(value: unknown): Resolved {
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

  private allMentioned(): ReadonlySet<ResolvedResource> {
    const all = new Set<ResolvedResource>();
    for (const resource of this.resources) {
      const own = new Set<ResolvedResource>();
      collectReferred(resource.properties, own);
      own.delete(resource);
      own.forEach((other) => all.add(other));
    }
    return all;
  }

  private resource(logicalId: string, resource: Record<string, unknown> | undefined): ResolvedResource[] {
    if (resource === undefined || typeof resource.Type !== 'string' || this.holds(resource.Condition) === false) {
      return [];
    }
    let properties: ResolvedObject | undefined;
    const resolve = (): ResolvedObject => {
      const resolved = this.resolve(resource.Properties);
      return isObject(resolved) ? resolved : {};
    };
    const resolved = (attribute: string): Resolved => this.resolve(resource[attribute]);
    const policy = (attribute: string): string | undefined => {
      const value = resolved(attribute);
      return value === undefined || typeof value === 'string' ? value : 'unknown';
    };
    return [
      {
        template: this,
        logicalId,
        type: resource.Type,
        condition: typeof resource.Condition === 'string' ? resource.Condition : undefined,
        // Resolved when it is first asked for: values may lead through other templates and back.
        get properties(): ResolvedObject {
          properties ??= resolve();
          return properties;
        },
        dependsOn: [resource.DependsOn].flat().filter((id) => typeof id === 'string'),
        get updatePolicy(): Resolved {
          return resolved('UpdatePolicy');
        },
        metadata: plainObject(resource.Metadata) ?? {},
        get deletionPolicy(): string | undefined {
          return policy('DeletionPolicy');
        },
        get updateReplacePolicy(): string | undefined {
          return policy('UpdateReplacePolicy');
        },
      },
    ];
  }

  /** Resolves what may lead back to itself through other templates; the second time around it is not known. */
  private once(what: string, follow: () => Resolved): Resolved {
    if (this.following.has(what)) {
      return new Unknown(`${what}, which leads back to itself`);
    }
    this.following.add(what);
    try {
      return follow();
    } finally {
      this.following.delete(what);
    }
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
      case 'Fn::ImportValue':
        return this.imported(argument);
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
    const resource = this.byId.get(argument);
    if (resource !== undefined) {
      return new Reference(resource);
    }
    return argument.startsWith('AWS::') || plainObject(this.raw.Parameters)?.[argument] === undefined
      ? new Unknown(argument)
      : this.once(`parameter ${argument}`, () => this.surroundings.parameter(argument));
  }

  private attribute(argument: unknown): Resolved {
    const path = typeof argument === 'string' ? argument.split('.') : Array.isArray(argument) ? argument : [];
    const [logicalId, ...rest] = path as unknown[];
    if (typeof logicalId !== 'string' || !rest.every((part) => typeof part === 'string')) {
      return new Unknown('Fn::GetAtt');
    }
    const resource = this.byId.get(logicalId);
    if (resource === undefined) {
      return new Unknown(logicalId);
    }
    const attribute = rest.join('.');
    const output = attribute.startsWith('Outputs.') ? attribute.slice('Outputs.'.length) : undefined;
    return output === undefined
      ? new Reference(resource, attribute)
      : (this.surroundings.nested(logicalId)?.output(output) ?? new Unknown(`${logicalId}.${attribute}`));
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

  /** The branch that is taken, where that is known, or that both are the same. */
  private choose(argument: unknown): Resolved {
    const [condition, yes, no] = Array.isArray(argument) ? (argument as unknown[]) : [];
    const holds = this.holds(condition);
    if (holds !== undefined) {
      return this.resolve(holds ? yes : no);
    }
    return JSON.stringify(yes) === JSON.stringify(no) && yes !== undefined ? this.resolve(yes) : new Unknown('Fn::If');
  }

  private holds(condition: unknown): boolean | undefined {
    return typeof condition === 'string'
      ? conditionHolds({ Condition: condition }, plainObject(this.raw.Conditions) ?? {}, (value) => this.resolve(value))
      : undefined;
  }

  private findInMap(argument: unknown): Resolved {
    const keys = Array.isArray(argument) ? (argument as unknown[]).slice(0, 3).map((key) => this.resolve(key)) : [];
    if (keys.length < 3 || !keys.every((key) => typeof key === 'string')) {
      return new Unknown('Fn::FindInMap');
    }
    const [map, first, second] = keys;
    const found = plainObject(plainObject(plainObject(this.raw.Mappings)?.[map])?.[first])?.[second];
    return found === undefined
      ? new Unknown('Fn::FindInMap')
      : this.once(`mapping ${map}.${first}.${second}`, () => this.resolve(found));
  }

  private select(argument: unknown): Resolved {
    const [index, list] = Array.isArray(argument) ? (argument as unknown[]) : [];
    const items = this.resolve(list);
    return Array.isArray(items) && Number.isInteger(Number(index)) && Number(index) < items.length
      ? (items as Resolved[])[Number(index)]
      : new Unknown('Fn::Select');
  }

  private imported(argument: unknown): Resolved {
    const name = this.resolve(argument);
    return typeof name === 'string' ? this.surroundings.exported(name) : new Unknown('Fn::ImportValue');
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
