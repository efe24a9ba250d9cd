import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import { CAPTURE_PERCENT } from '../checks/bounds/endpoint-capacity';
import { type Fault, malformed } from '../checks/bounds/fault';
import { integer, judge } from '../private/validation';

/** Which requests and answers of an endpoint are kept, and where. */
export interface DataCapture {
  /** The bucket they are written to, minutes later, as `<prefix>/<endpoint>/<variant>/yyyy/mm/dd/hh/*.jsonl`. */
  readonly bucket: s3.IBucket;

  /**
   * Begins their keys; the endpoint is granted to write below it and nowhere else.
   *
   * @default 'captured'
   */
  readonly prefix?: string;

  /**
   * Share of the requests that are kept, 1 to 100 percent.
   *
   * @default 100
   */
  readonly percent?: number;

  /**
   * Whether requests are kept.
   *
   * @default true
   */
  readonly requests?: boolean;

  /**
   * Whether answers are kept.
   *
   * @default true
   */
  readonly answers?: boolean;

  /**
   * Content types that are kept as JSON. Others are kept as base64.
   *
   * @default ['application/json']
   */
  readonly jsonContentTypes?: string[];

  /**
   * Content types that are kept as CSV.
   *
   * @default ['text/csv']
   */
  readonly csvContentTypes?: string[];

  /**
   * Key for what is kept.
   *
   * @default - the key of the endpoint, else the encryption of the bucket
   */
  readonly encryptionKey?: kms.IKey;
}

const CAPTURE = 'https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html';

export function faultyCapture(capture: DataCapture | undefined): readonly Fault[] {
  if (capture === undefined) {
    return [];
  }
  const faults = [...integer('capture-percent', 'dataCapture.percent', capture.percent, CAPTURE_PERCENT)];
  faults.push(...judge(capture.prefix, faultyPrefix));
  if (capture.requests === false && capture.answers === false) {
    faults.push({
      id: 'capture-nothing',
      message: "'dataCapture' keeps neither requests nor answers",
      fix: "leave 'dataCapture' out, or keep one of them",
      see: CAPTURE,
    });
  }
  for (const [prop, types] of Object.entries({
    jsonContentTypes: capture.jsonContentTypes,
    csvContentTypes: capture.csvContentTypes,
  })) {
    if (types !== undefined && types.length > 10) {
      faults.push({
        id: 'capture-content-types',
        message: `'dataCapture.${prop}' has ${types.length} content types, allowed are 10`,
        fix: 'leave some out: they are kept as base64 then',
        see: CAPTURE,
      });
    }
  }
  return faults;
}

/** The permission to write ends where the prefix does, so it must be one, and no pattern. */
function faultyPrefix(prefix: string): Fault[] {
  return malformed(
    'capture-prefix',
    'dataCapture.prefix',
    prefix,
    /^\/*[^/*?][^*?]{0,254}$/,
    "the beginning of a key, such as 'captured', at most 255 characters and without '*' and '?'",
    CAPTURE,
  );
}

/** The capture as SageMaker takes it. The role may write what it captures, and nothing else. */
export function captureConfig(
  capture: DataCapture,
  role: iam.IRole,
  endpointKey: kms.IKey | undefined,
): CfnEndpointConfig.DataCaptureConfigProperty {
  const prefix = (capture.prefix ?? 'captured').replace(/^\/+|\/+$/g, '');
  const key = capture.encryptionKey ?? endpointKey;
  iam.Grant.addToPrincipalOrResource({
    grantee: role,
    actions: ['s3:PutObject'],
    resourceArns: [capture.bucket.arnForObjects(`${prefix}/*`)],
    resource: capture.bucket,
  });
  capture.bucket.encryptionKey?.grantEncrypt(role);
  key?.grantEncryptDecrypt(role);
  return {
    enableCapture: true,
    initialSamplingPercentage: capture.percent ?? 100,
    destinationS3Uri: capture.bucket.s3UrlForObject(prefix),
    kmsKeyId: key?.keyArn,
    captureOptions: [
      ...(capture.requests === false ? [] : [{ captureMode: 'Input' }]),
      ...(capture.answers === false ? [] : [{ captureMode: 'Output' }]),
    ],
    captureContentTypeHeader: contentTypes(capture),
  };
}

/** SageMaker takes no empty list. */
function contentTypes({
  jsonContentTypes = ['application/json'],
  csvContentTypes = ['text/csv'],
}: DataCapture): CfnEndpointConfig.CaptureContentTypeHeaderProperty | undefined {
  const given = (types: string[]): string[] | undefined => (types.length === 0 ? undefined : types);
  return jsonContentTypes.length + csvContentTypes.length === 0
    ? undefined
    : { jsonContentTypes: given(jsonContentTypes), csvContentTypes: given(csvContentTypes) };
}
