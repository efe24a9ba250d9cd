/** An HTTP request, whichever front door it came through. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** Whether the front door has a route of its own for this path, so that the path is known to exist. */
  readonly routed: boolean;
  readonly requestId: string | undefined;
  readonly body: string | undefined;
  readonly isBase64: boolean;
  readonly headers: Readonly<Record<string, unknown>>;
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
  const [method, path, routed] = isFields(context.http) ? format2(event, context.http, context.stage) : format1(event);
  if (method === undefined) {
    return undefined;
  }
  return {
    method,
    path,
    routed,
    requestId: text(context.requestId),
    body: text(event.body),
    isBase64: event.isBase64Encoded === true,
    headers: isFields(event.headers) ? event.headers : {},
  };
}

/** Format 1.0 keeps the case in which the caller wrote a header. */
export function header({ headers }: HttpRequest, lowerCaseName: string): string | undefined {
  if (Object.hasOwn(headers, lowerCaseName)) {
    return text(headers[lowerCaseName]);
  }
  for (const name of Object.keys(headers)) {
    if (name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName) {
      return text(headers[name]);
    }
  }
  return undefined;
}

type Route = readonly [method: string | undefined, path: string, routed: boolean];

function format2(event: Fields, http: Fields, stage: unknown): Route {
  const path = withoutStage(text(event.rawPath) ?? '/', text(stage) ?? '$default');
  return [
    text(http.method),
    path,
    text(event.routeKey) !== undefined && event.routeKey !== '$default' && !isGreedy(event.routeKey),
  ];
}

function format1(event: Fields): Route {
  return [
    text(event.httpMethod),
    text(event.path) ?? '/',
    text(event.resource) !== undefined && !isGreedy(event.resource),
  ];
}

function isGreedy(route: unknown): boolean {
  return typeof route === 'string' && route.includes('+}');
}

/** In format 2.0 the path begins with the stage, unless that is the default one. */
function withoutStage(path: string, stage: string): string {
  if (stage === '$default') {
    return path;
  }
  const prefix = `/${stage}`;
  return path === prefix || path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
