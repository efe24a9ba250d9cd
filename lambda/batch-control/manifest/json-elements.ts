import { manifestFault } from './manifest-fault';

/** A longer one is no key, and one without an end would fill the memory. */
const LONGEST = 64 * 1024;

/** The elements of a JSON array, one after another: the text may be longer than the memory. */
export async function* jsonElements(text: AsyncIterable<string>): AsyncGenerator<unknown, void, undefined> {
  let begun = '';
  let count = 0;
  /** Brackets and braces that are open, that of the array among them. */
  let depth = 0;
  let inString = false;
  let escaped = false;
  let over = false;
  const element = (): unknown => {
    count++;
    try {
      return JSON.parse(begun) as unknown;
    } catch {
      throw manifestFault(`element ${count} of the array is not valid JSON`);
    }
  };
  for await (const piece of text) {
    let from = 0;
    for (let at = 0; at < piece.length; at++) {
      const character = piece[at];
      if (inString) {
        inString = escaped || character !== '"';
        escaped = !escaped && character === '\\';
      } else if (over || depth === 0) {
        if (character === '[' && !over) {
          depth = 1;
          from = at + 1;
        } else if (character.trim() !== '') {
          throw manifestFault(over ? 'there is something after the end of the array' : 'it is no array');
        }
      } else if (character === '"') {
        inString = true;
      } else if (character === '[' || character === '{') {
        depth++;
      } else if ((character === ']' || character === '}') && depth > 1) {
        depth--;
      } else if (depth === 1 && (character === ',' || character === ']')) {
        begun += piece.slice(from, at);
        over = character === ']';
        // Only an array without elements ends like this.
        if (!(over && count === 0 && begun.trim() === '')) {
          yield element();
        }
        begun = '';
        from = at + 1;
      }
    }
    if (depth > 0 && !over) {
      begun += piece.slice(from);
    }
    if (begun.length > LONGEST) {
      throw manifestFault(`element ${count + 1} of the array has more than ${LONGEST} characters`);
    }
  }
  if (!over) {
    throw manifestFault('the array has no end');
  }
}
