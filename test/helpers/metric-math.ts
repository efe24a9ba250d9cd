/* eslint-disable @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- the expressions are our own */

/** One datapoint of each series; a series without one has none. */
export type Series = { readonly [name: string]: number | undefined };

/** CloudWatch's metric math for the few words that the expressions use. A missing value makes the whole missing. */
export function evaluate(expression: string, values: Series): number | undefined {
  const script = expression
    .replace(/FILL\((\w+), (\d+)\)/g, '(values.$1 ?? $2)')
    .replace(/(?<![.\w])([a-z]\w*)\b/g, (word) => (word === 'values' ? word : `values.${word}`));
  const result = new Function('values', 'IF', `return ${script}`)(
    values,
    (condition: boolean, yes: number, no: number) => (condition ? yes : no),
  ) as number;
  return Number.isNaN(result) ? undefined : result;
}
