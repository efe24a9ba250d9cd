/** An image as it is deployed in one place. */
export interface ServingImageConfig {
  /** URI of the image in the registry of the scope's region, by tag or by digest. */
  readonly imageUri: string;

  /**
   * Environment variables that the image asks for, such as `SM_VLLM_MODEL`.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * What the instance must offer.
   *
   * @default ServingAccelerator.NONE
   */
  readonly accelerator?: ServingAccelerator;

  /**
   * Whether the image is for processors of arm64 (AWS Graviton), and not for x86.
   *
   * @default - not known, and not judged
   */
  readonly arm64?: boolean;

  /**
   * Version of the host's image that has the drivers this image needs.
   *
   * @default - SageMaker's default, whose driver is too old for CUDA 12.8 and later
   * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
   */
  readonly inferenceAmiVersion?: string;

  /**
   * Whether the image was told to fetch the model from a hub on the internet. It would do so in spite of an artifact.
   *
   * @default false
   */
  readonly fetchesFromHub?: boolean;

  /**
   * Whether the image has no model in it and was told of none: without an artifact it does not start.
   *
   * @default false
   */
  readonly needsArtifact?: boolean;

  /**
   * Objects that the container needs uncompressed in `/opt/ml/model`, in place of the model's artifact.
   *
   * @default - the model's artifact
   */
  readonly modelObjects?: ServingImageObject;
}

/** An object that is laid, as it is, into the folder of the model. */
export interface ServingImageObject {
  /** `s3://` URI of the object. */
  readonly uri: string;
}

/** What computes the predictions. */
export enum ServingAccelerator {
  /** The processor. */
  NONE = 'NONE',
  /** NVIDIA GPUs. */
  GPU = 'GPU',
  /** AWS Inferentia or Trainium. */
  NEURON = 'NEURON',
}
