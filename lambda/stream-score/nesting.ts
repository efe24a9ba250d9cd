/**
 * A document that nests deeper is none that a model has. It can be read, but whatever goes through it call by call (to write it, to
 * validate it) runs out of stack some thousands deep, which would take the whole batch along, and again each time that it comes.
 */
const DEEPEST = 1000;

const QUOTE = 0x22;
const ESCAPE = 0x5c;
/** Square and curly brackets differ in this bit alone. */
const CURLY = 0x20;
const OPENING = 0x5b | CURLY;
const CLOSING = 0x5d | CURLY;

/** Whether valid JSON nests deeper than is allowed. Most records are too short to, and are not looked at. */
export function nestsTooDeep(json: string): boolean {
  if (json.length <= 2 * DEEPEST) {
    return false;
  }
  let depth = 0;
  let within = false;
  for (let at = 0; at < json.length; at++) {
    const character = json.charCodeAt(at);
    if (within) {
      if (character === ESCAPE) {
        at++;
      } else if (character === QUOTE) {
        within = false;
      }
    } else if (character === QUOTE) {
      within = true;
    } else if ((character | CURLY) === OPENING) {
      depth++;
      if (depth > DEEPEST) {
        return true;
      }
    } else if ((character | CURLY) === CLOSING) {
      depth--;
    }
  }
  return false;
}
