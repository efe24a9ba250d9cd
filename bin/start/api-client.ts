import { APIGatewayClient, GetApiKeyCommand } from '@aws-sdk/client-api-gateway';
import type { LocalCloud } from '../local-cloud/local-cloud';

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly milliseconds: number;
}

/** Calls a deployed `InferenceApi` over HTTP, as any caller would. */
export class ApiClient {
  public static async connect(cloud: LocalCloud, outputs: Record<string, string>): Promise<ApiClient> {
    const gateway = new APIGatewayClient(cloud.clientConfig);
    const key = await gateway.send(new GetApiKeyCommand({ apiKey: outputs.ApiKeyId, includeValue: true }));
    return new ApiClient(cloud.apiUrl(outputs.ApiId, 'live'), key.value!);
  }

  private constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  public predict(
    body: NonNullable<RequestInit['body']>,
    contentType = 'application/json',
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer> {
    return this.call('/predict', { method: 'POST', body, headers: { 'content-type': contentType, ...headers } });
  }

  public health(): Promise<ApiAnswer> {
    return this.call('/health', { method: 'GET' });
  }

  public async call(path: string, init: RequestInit, key: string | undefined = this.key): Promise<ApiAnswer> {
    const started = performance.now();
    const answer = await fetch(`${this.url}${path}`, {
      ...init,
      headers: { ...(key === undefined ? {} : { 'x-api-key': key }), ...(init.headers as Record<string, string>) },
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    return { status: answer.status, body: asJson(text), milliseconds: performance.now() - started };
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
