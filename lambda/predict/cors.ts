/** The headers for a caller from an origin. */
export type CorsHeaders = (origin: string | undefined) => Readonly<Record<string, string>>;

/**
 * The headers by which a browser lets a page read an answer. An origin is named back only if it is one of those allowed,
 * and caches are told that the answer depends on it.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
 *
 * @param origins the allowed origins, separated by blanks; `*` for any; absent for none
 */
export function corsHeaders(origins: string | undefined): CorsHeaders | undefined {
  if (origins === undefined) {
    return undefined;
  }
  const allowed = new Set(origins.split(' '));
  if (allowed.has('*')) {
    return () => ({ 'access-control-allow-origin': '*' });
  }
  return (origin) => ({
    vary: 'origin',
    ...(origin !== undefined && allowed.has(origin) ? { 'access-control-allow-origin': origin } : {}),
  });
}
