import { Composed, isObject, type Reference, type Resolved, Unknown } from './resolved-value';

type Piece = string | Reference | Unknown;

/** What a text says as JSON: a value, or that it cannot be read whatever the deployment puts in. */
export type JsonText = { readonly value: Resolved } | { readonly broken: string };

/** What stands in a text for a piece that only the deployment knows; private characters, which no template has. */
const MARK = /\uE000(\d+)\uE001/;
const mark = (index: number): string => `\uE000${index}\uE001`;

/**
 * Reads text as JSON, with references and unknown pieces in it, as `Fn::Join` and `Fn::Sub` make it. A piece becomes
 * a value, or a part of the text around it. Undefined where it is not known whether the text is JSON.
 */
export function jsonText(given: Resolved): JsonText | undefined {
  const pieces = typeof given === 'string' ? [given] : given instanceof Composed ? given.parts : undefined;
  if (pieces === undefined) {
    return undefined;
  }
  const { text, bare } = marked(pieces);
  try {
    return { value: unmarked(JSON.parse(text), pieces) };
  } catch (problem) {
    // A piece outside of quotes may be a brace or a whole object.
    return bare || !(problem instanceof SyntaxError)
      ? undefined
      : { broken: problem.message.replaceAll(/[\uE000\uE001]/g, '') };
  }
}

/** The text with a mark for each piece; outside of quotes a mark is text of its own. */
function marked(pieces: readonly Piece[]): { readonly text: string; readonly bare: boolean } {
  let text = '';
  let quoted = false;
  let bare = false;
  pieces.forEach((piece, index) => {
    if (typeof piece !== 'string') {
      text += quoted ? mark(index) : `"${mark(index)}"`;
      bare ||= !quoted;
      return;
    }
    for (let at = 0; at < piece.length; at++) {
      if (quoted && piece[at] === '\\') {
        at++;
      } else if (piece[at] === '"') {
        quoted = !quoted;
      }
    }
    text += piece;
  });
  return { text, bare };
}

function unmarked(value: unknown, pieces: readonly Piece[]): Resolved {
  if (typeof value === 'string') {
    return unmarkedText(value, pieces);
  }
  if (Array.isArray(value)) {
    return value.map((item) => unmarked(item, pieces));
  }
  if (typeof value !== 'object' || value === null) {
    return value as number | boolean | null;
  }
  const entries = Object.entries(value);
  return entries.some(([key]) => MARK.test(key))
    ? new Unknown('names that only the deployment knows')
    : Object.fromEntries(entries.map(([key, item]) => [key, unmarked(item, pieces)]));
}

function unmarkedText(text: string, pieces: readonly Piece[]): Resolved {
  // Splitting by a group leaves text and the numbers of pieces in turn.
  const parts = text
    .split(MARK)
    .map((part, index) => (index % 2 === 0 ? part : (pieces[Number(part)] ?? new Unknown('a piece of text'))))
    .filter((part) => part !== '');
  if (parts.length === 0) {
    return '';
  }
  return parts.length === 1 ? parts[0] : new Composed(parts);
}

/** The value with the text of it replaced piece by piece. */
export function replaceText(value: Resolved, replaced: (text: string) => readonly Piece[]): Resolved {
  if (typeof value === 'string') {
    return joined(replaced(value));
  }
  if (value instanceof Composed) {
    return joined(value.parts.flatMap((part) => (typeof part === 'string' ? replaced(part) : [part])));
  }
  if (Array.isArray(value)) {
    return (value as readonly Resolved[]).map((item) => replaceText(item, replaced));
  }
  if (!isObject(value)) {
    return value;
  }
  const entries = Object.entries(value).map(
    ([key, item]) => [joined(replaced(key)), replaceText(item, replaced)] as const,
  );
  return entries.every((entry): entry is readonly [string, Resolved] => typeof entry[0] === 'string')
    ? Object.fromEntries(entries)
    : new Unknown('names that only the deployment knows');
}

function joined(pieces: readonly Piece[]): Resolved {
  const some = pieces.filter((piece) => piece !== '');
  if (some.every((piece) => typeof piece === 'string')) {
    return some.join('');
  }
  return some.length === 1 ? some[0] : new Composed(some);
}
