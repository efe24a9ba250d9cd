import { plainObject, type Resolved } from './resolved-value';

/** Whether a condition holds; undefined where only the deployment knows. */
export function conditionHolds(
  condition: unknown,
  named: Readonly<Record<string, unknown>>,
  resolve: (value: unknown) => Resolved,
  within: readonly string[] = [],
): boolean | undefined {
  const entries = Object.entries(plainObject(condition) ?? {});
  if (entries.length !== 1) {
    return undefined;
  }
  const [operator, argument] = entries[0];
  const each = (): (boolean | undefined)[] =>
    Array.isArray(argument) ? argument.map((inner) => conditionHolds(inner, named, resolve, within)) : [undefined];
  switch (operator) {
    case 'Condition':
      return typeof argument === 'string' && !within.includes(argument)
        ? conditionHolds(named[argument], named, resolve, [...within, argument])
        : undefined;
    case 'Fn::Equals':
      return equal(argument, resolve);
    case 'Fn::Not': {
      const [inner] = each();
      return inner === undefined ? undefined : !inner;
    }
    case 'Fn::And':
      return each().includes(false) ? false : each().includes(undefined) ? undefined : true;
    case 'Fn::Or':
      return each().includes(true) ? true : each().includes(undefined) ? undefined : false;
    default:
      return undefined;
  }
}

/** Parameters and literals are compared as text, whatever they look like. */
function equal(argument: unknown, resolve: (value: unknown) => Resolved): boolean | undefined {
  const [one, other] = Array.isArray(argument) ? (argument as unknown[]).map((value) => literal(resolve(value))) : [];
  return one === undefined || other === undefined ? undefined : one === other;
}

function literal(value: Resolved): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}
