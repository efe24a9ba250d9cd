import {
  DefaultTokenResolver,
  Fn,
  StringConcat,
  Token,
  Tokenization,
  type IPostProcessor,
  type IResolvable,
  type IResolveContext,
  type Stack,
  type TokenizedStringFragments,
} from 'aws-cdk-lib';

/**
 * A dashboard's JSON as one `Fn::Sub` over the few texts that are known only at deployment, each of them once. A
 * dashboard repeats the same function name and region a hundred times: written out, most of the template would be joins
 * of that, and a tenth of the time of synthesis would go there.
 */
export function dashboardBody(stack: Stack, body: unknown): string {
  const resolver = new SubstitutionResolver();
  const resolved: unknown = Tokenization.resolve(body, { scope: stack, resolver, preparing: false });
  if (!resolver.onlyText) {
    return stack.toJsonString(body);
  }
  const text = JSON.stringify(resolved);
  if (Object.keys(resolver.variables).length === 0) {
    return text;
  }
  // What a title says of itself with a dollar sign and a brace stays as it is.
  const template = text.replaceAll('${', '${!').replace(MARKED, (_, name: string) => `\${${name}}`);
  return Fn.sub(template, resolver.variables);
}

/** A character for private use, which no dashboard has, around the name of each variable. */
const MARK = '\uE000';
const MARKED = new RegExp(`${MARK}(\\w+)${MARK}`, 'g');

/** Puts a variable wherever a text is known only at deployment. */
class SubstitutionResolver extends DefaultTokenResolver {
  public readonly variables: { [name: string]: string } = {};

  /** False as soon as something other than text is known only at deployment, which has no place in a substitution. */
  public onlyText = true;

  private readonly names = new Map<string, string>();

  constructor() {
    super(new StringConcat());
  }

  public resolveString(fragments: TokenizedStringFragments): unknown {
    return fragments.mapTokens({ mapToken: (token) => this.variable(token) }).join(new StringConcat());
  }

  public resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    const value: unknown = super.resolveToken(token, context, postProcessor);
    const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    if (keys.length === 1 && (keys[0] === 'Ref' || keys[0].startsWith('Fn::'))) {
      this.onlyText = false;
    }
    return value;
  }

  private variable(token: IResolvable): string {
    const value = Token.asString(token);
    const name = this.names.get(value) ?? `Value${this.names.size + 1}`;
    this.names.set(value, name);
    this.variables[name] = value;
    return `${MARK}${name}${MARK}`;
  }
}
