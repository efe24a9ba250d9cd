import { Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Fault } from '../checks/bounds/fault';
import { refuse } from '../private/errors';
import { integer, seconds } from '../private/validation';

/** How many requests the holders of a key may send in a period. */
export interface ApiQuota {
  /** Requests per period. */
  readonly limit: number;

  /** Day, week or month. */
  readonly period: apigateway.Period;
}

/** Options of `ApiAuthorization.apiKey`. */
export interface ApiKeyOptions {
  /**
   * Requests that all holders of the key together may send.
   *
   * @default - unlimited
   */
  readonly quota?: ApiQuota;
}

/** Options of `ApiAuthorization.cognito`. */
export interface CognitoOptions {
  /**
   * OAuth scopes of which the caller's access token must have one. With scopes, callers send access tokens; without,
   * ID tokens.
   *
   * @default - none
   */
  readonly scopes?: string[];
}

/** Options of `ApiAuthorization.lambdaAuthorizer`. */
export interface LambdaAuthorizerOptions {
  /**
   * How long a verdict is kept, at most an hour.
   *
   * @default - 5 minutes: a caller whose right is withdrawn is let in that long
   */
  readonly cacheTtl?: Duration;
}

/**
 * Who may call an `InferenceApi`.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html
 */
export abstract class ApiAuthorization {
  /** Callers sign with AWS credentials that allow `execute-api:Invoke`. */
  public static iam(): ApiAuthorization {
    return new IamAuthorization();
  }

  /**
   * Callers send a key in the header `x-api-key`. A key identifies and limits a caller; it is no strong proof of who
   * calls.
   */
  public static apiKey(options: ApiKeyOptions = {}): ApiAuthorization {
    refuse(
      'ApiAuthorization.apiKey',
      integer('api-quota', 'quota.limit', options.quota?.limit, { min: 1, max: 2_147_483_647 }),
    );
    return new ApiKeyAuthorization(options);
  }

  /** Callers send a token of one of these user pools in the header `Authorization`. */
  public static cognito(userPools: cognito.IUserPool[], options: CognitoOptions = {}): ApiAuthorization {
    const none: Fault[] =
      userPools.length > 0
        ? []
        : [
            {
              id: 'api-user-pools',
              message: "'userPools' is empty, so nobody could be let in",
              fix: 'give at least one user pool',
            },
          ];
    refuse('ApiAuthorization.cognito', none);
    return new CognitoAuthorization(userPools, options);
  }

  /** A function of yours decides by the token in the header `Authorization`. */
  public static lambdaAuthorizer(
    authorizer: lambda.IFunction,
    options: LambdaAuthorizerOptions = {},
  ): ApiAuthorization {
    refuse(
      'ApiAuthorization.lambdaAuthorizer',
      seconds('api-authorizer-cache', 'cacheTtl', options.cacheTtl, { min: 0, max: 3600 }),
    );
    return new LambdaAuthorization(authorizer, options);
  }

  /**
   * Whether callers are known by IAM.
   *
   * @internal
   */
  public get _byIam(): boolean {
    return false;
  }

  /** The words for it in the API's documentation. */
  public abstract readonly description: string;

  /**
   * The options of every method.
   *
   * @internal
   */
  public abstract _methodOptions(scope: Construct): apigateway.MethodOptions;

  /**
   * What has to be added once the API is there.
   *
   * @internal
   */
  public _complete(_scope: Construct, _api: apigateway.RestApi): apigateway.ApiKey | undefined {
    return undefined;
  }

  /**
   * The security scheme of the OpenAPI document.
   *
   * @internal
   */
  public abstract get _securityScheme(): { readonly [key: string]: unknown };
}

class IamAuthorization extends ApiAuthorization {
  public get _byIam(): boolean {
    return true;
  }

  public readonly description = 'AWS Signature Version 4';

  public _methodOptions(): apigateway.MethodOptions {
    return { authorizationType: apigateway.AuthorizationType.IAM };
  }

  public get _securityScheme() {
    return { type: 'apiKey', name: 'Authorization', in: 'header', 'x-amazon-apigateway-authtype': 'awsSigv4' };
  }
}

class ApiKeyAuthorization extends ApiAuthorization {
  public readonly description = 'API key';

  constructor(private readonly options: ApiKeyOptions) {
    super();
  }

  public _methodOptions(): apigateway.MethodOptions {
    return { authorizationType: apigateway.AuthorizationType.NONE, apiKeyRequired: true };
  }

  public _complete(scope: Construct, api: apigateway.RestApi): apigateway.ApiKey {
    const key = new apigateway.ApiKey(scope, 'Key');
    const plan = new apigateway.UsagePlan(scope, 'UsagePlan', {
      apiStages: [{ api, stage: api.deploymentStage }],
      quota: this.options.quota,
    });
    plan.addApiKey(key);
    return key;
  }

  public get _securityScheme() {
    return { type: 'apiKey', name: 'x-api-key', in: 'header' };
  }
}

class CognitoAuthorization extends ApiAuthorization {
  public readonly description = 'token of an Amazon Cognito user pool';

  constructor(
    private readonly userPools: cognito.IUserPool[],
    private readonly options: CognitoOptions,
  ) {
    super();
  }

  public _methodOptions(scope: Construct): apigateway.MethodOptions {
    return {
      authorizationType: apigateway.AuthorizationType.COGNITO,
      authorizer: new apigateway.CognitoUserPoolsAuthorizer(scope, 'Authorizer', { cognitoUserPools: this.userPools }),
      authorizationScopes: this.options.scopes,
    };
  }

  public get _securityScheme() {
    return { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' };
  }
}

class LambdaAuthorization extends ApiAuthorization {
  public readonly description = 'token that an authorizer accepts';

  constructor(
    private readonly authorizer: lambda.IFunction,
    private readonly options: LambdaAuthorizerOptions,
  ) {
    super();
  }

  public _methodOptions(scope: Construct): apigateway.MethodOptions {
    return {
      authorizationType: apigateway.AuthorizationType.CUSTOM,
      authorizer: new apigateway.TokenAuthorizer(scope, 'Authorizer', {
        handler: this.authorizer,
        resultsCacheTtl: this.options.cacheTtl ?? Duration.minutes(5),
      }),
    };
  }

  public get _securityScheme() {
    return { type: 'http', scheme: 'bearer' };
  }
}
