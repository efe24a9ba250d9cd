import { type Fault, malformed } from './fault';

/** Model names also become part of SageMaker names, so they keep to what SageMaker allows. */
export function modelName(value: string): Fault[] {
  return malformed(
    'model-name',
    'name',
    value,
    /^[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62}$/,
    'letters, digits and inner hyphens, at most 63 characters',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html',
  );
}

/** Versions become metric dimensions and parts of descriptions. */
export function modelVersion(value: string): Fault[] {
  return malformed(
    'model-version',
    'version',
    value,
    /^[a-zA-Z0-9][a-zA-Z0-9._+-]{0,63}$/,
    'letters, digits, dots, hyphens, plus signs and underscores, starting with a letter or digit, at most 64 characters',
  );
}

export function sha256Digest(value: string): Fault[] {
  return malformed(
    'artifact-digest',
    'sha256',
    value,
    /^[0-9a-f]{64}$/,
    'a SHA-256 digest of 64 lower-case hexadecimal digits',
  );
}

const SAGEMAKER_NAME = /^[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62}$/;

export function endpointNameFaults(value: string): Fault[] {
  return malformed(
    'endpoint-name',
    'endpointName',
    value,
    SAGEMAKER_NAME,
    'letters, digits and inner hyphens, at most 63 characters',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html',
  );
}

/** Not judged by `judge`: it is part of logical ids, so it must be known at synthesis. */
export function variantNameFaults(value: string): Fault[] {
  return malformed(
    'variant-name',
    'variantName',
    value,
    SAGEMAKER_NAME,
    'letters, digits and inner hyphens, at most 63 characters',
    'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html',
  );
}

/** SageMaker tells variants by their names. */
export function variantNameTaken(value: string, taken: readonly string[]): Fault[] {
  if (!taken.includes(value)) {
    return [];
  }
  return [
    {
      id: 'variant-name-twice',
      message: `the endpoint has a variant '${value}' already`,
      fix: 'give each variant a name of its own; it must stay the same over all versions of its model',
    },
  ];
}
