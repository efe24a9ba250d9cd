import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { CONTENT_TYPES, ERROR_STATUS, type ErrorCode } from '../../lambda/predict/contract';

/**
 * Gives the gateway's own refusals the shape of the handler's, so that a caller has one shape to understand. A template
 * here is plain substitution: `messageString` comes with its quotes, `validationErrorString` without.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
export function errorResponses(api: apigateway.RestApi, corsOrigins: readonly string[] | undefined): void {
  const invalid: ErrorCode = 'INVALID_INPUT';
  const responses: { [id: string]: [apigateway.ResponseType, string, string | undefined] } = {
    InvalidBody: [
      apigateway.ResponseType.BAD_REQUEST_BODY,
      errorTemplate(`"${invalid}"`, '"$context.error.validationErrorString"'),
      String(ERROR_STATUS[invalid]),
    ],
    ClientError: [
      apigateway.ResponseType.DEFAULT_4XX,
      errorTemplate('"$context.error.responseType"', '$context.error.messageString'),
      undefined,
    ],
    ServerError: [
      apigateway.ResponseType.DEFAULT_5XX,
      errorTemplate('"$context.error.responseType"', '$context.error.messageString'),
      undefined,
    ],
  };
  for (const [id, [type, template, statusCode]] of Object.entries(responses)) {
    api.addGatewayResponse(id, {
      type,
      statusCode,
      templates: { [CONTENT_TYPES.json]: template },
      responseHeaders: corsHeaders(corsOrigins),
    });
  }
}

function errorTemplate(code: string, message: string): string {
  return `{"error":{"code":${code},"message":${message},"requestId":"$context.requestId"}}`;
}

/** A gateway response cannot choose among origins by the caller's, so only a single one is named here. */
function corsHeaders(origins: readonly string[] | undefined): { [name: string]: string } | undefined {
  return origins?.length === 1 ? { 'Access-Control-Allow-Origin': `'${origins[0]}'` } : undefined;
}
