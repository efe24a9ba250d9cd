/** An HTTP request, whichever front door it came through. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** Whether the front door has a route of its own for this path, so that the path is known to exist. */
  readonly routed: boolean;
  readonly requestId: string | undefined;
  readonly body: string | undefined;
  readonly isBase64: boolean;
  readonly header: (lowerCaseName: string) => string | undefined;
}

/** What API Gateway (both payload formats) and function URLs take as an answer. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Recognises the events of an API Gateway REST API (payload format 1.0), and of an HTTP API or function URL (format 2.0).
 * Anything else is a direct invocation, whose payload is the body itself. A record's field cannot be mistaken for the
 * `requestContext`, because fields are never objects.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function asHttpRequest(event: unknown): HttpRequest | undefined {
  if (!isFields(event) || !isFields(event.requestContext)) {
    return undefined;
  }
  const context = event.requestContext;
  const common = {
    requestId: text(context.requestId),
    body: text(event.body),
    isBase64: event.isBase64Encoded === true,
    header: headerReader(event.headers),
  };
  if (isFields(context.http)) {
    const stage = text(context.stage) ?? '$default';
    const path = text(event.rawPath) ?? '/';
    const routed = text(event.routeKey) !== undefined && event.routeKey !== '$default' && !isGreedy(event.routeKey);
    return { ...common, method: text(context.http.method) ?? '', path: withoutStage(path, stage), routed };
  }
  if (typeof event.httpMethod === 'string') {
    const routed = text(event.resource) !== undefined && !isGreedy(event.resource);
    return { ...common, method: event.httpMethod, path: text(event.path) ?? '/', routed };
  }
  return undefined;
}

function isGreedy(route: unknown): boolean {
  return typeof route === 'string' && route.includes('+}');
}

/** In format 2.0 the path begins with the stage, unless that is the default one. */
function withoutStage(path: string, stage: string): string {
  const prefix = `/${stage}`;
  return path === prefix || path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
}

/** Format 1.0 keeps the case in which the caller wrote a header. */
function headerReader(headers: unknown): HttpRequest['header'] {
  if (!isFields(headers)) {
    return () => undefined;
  }
  return (name) => {
    if (Object.hasOwn(headers, name)) {
      return text(headers[name]);
    }
    const key = Object.keys(headers).find((candidate) => candidate.toLowerCase() === name);
    return key === undefined ? undefined : text(headers[key]);
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
