/** Longest part of a caller's own field name that is repeated in an answer. */
const MAX_ECHO = 100;

/** `mean_radius` below `instances[3]` is `instances[3].mean_radius`; the root of a path is the empty string. */
export function fieldPath(parent: string, name: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(name) || name.length > MAX_ECHO) {
    return `${parent}[${JSON.stringify(name.slice(0, MAX_ECHO))}]`;
  }
  return parent === '' ? name : `${parent}.${name}`;
}

export function elementPath(parent: string, index: number): string {
  return `${parent}[${index}]`;
}

/** Turns a JSON pointer of the validator (RFC 6901) into a path below `parent`. Only array indices are all digits in it. */
export function pointerPath(parent: string, pointer: string): string {
  let path = parent;
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    path = /^\d+$/.test(name) ? elementPath(path, Number(name)) : fieldPath(path, name);
  }
  return path;
}
