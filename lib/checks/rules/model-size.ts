/** What the weights of a model take at least. */
export interface Weights {
  readonly model: string;
  readonly gib: number;
}

/** Marks of models whose weights have fewer than two bytes each, in their names or in what a server is told. */
const FEWER_BITS =
  /(fp|w|int|q|nf|mx|nvfp)_?\d|bit|awq|gptq|bnb|gguf|quant|exl|hqq|gpt-oss|kimi|deepseek-(v3|r1)(?!-distill)/i;

/**
 * The weights of a model whose name says how many parameters it has, such as `Qwen2.5-7B-Instruct`. Nothing where its
 * weights may have fewer than two bytes each; of experts that share layers, four fifths of what the name says.
 */
export function weightsOf(model: string | undefined, environment: ReadonlyMap<string, string>): Weights | undefined {
  const [, experts, billions] =
    /(?:^|[-_/])(?:(\d{1,2})x)?(\d{1,4}(?:\.\d{1,2})?)b(?:[-_.]|$)/i.exec(model ?? '') ?? [];
  const told = [...environment].some(
    ([name, value]) =>
      /QUANT|DTYPE|LOAD_FORMAT/i.test(name) && !/^(auto|none|bfloat16|float16|half|bf16|fp16|)$/i.test(value),
  );
  if (model === undefined || billions === undefined || told || FEWER_BITS.test(model)) {
    return undefined;
  }
  // A name rounds: what is called 7B may have 6.7.
  const all = 0.95 * Number(billions) * (experts === undefined ? 1 : 0.8 * Number(experts));
  return { model, gib: (all * 1e9 * 2) / 1024 ** 3 };
}
