import * as path from 'path';
import type * as ecr from 'aws-cdk-lib/aws-ecr';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { faultyTagOrDigest } from '../checks/bounds/serving-image';
import { refuse } from '../private/errors';
import { judge } from '../private/validation';
import { bindCatalogueImage, catalogueImage } from './catalogue-image';
import {
  type HuggingFaceImageOptions,
  huggingFaceSettings,
  type PyTorchImageOptions,
  pyTorchSettings,
  type ScikitLearnImageOptions,
  scikitLearnSettings,
  type TextEmbeddingsImageOptions,
  textEmbeddingsSettings,
  type TritonImageOptions,
  tritonSettings,
  type XGBoostImageOptions,
  xgboostSettings,
} from './framework-images';
import {
  type ImageSettings,
  type LmiImageOptions,
  lmiSettings,
  type SglangImageOptions,
  sglangSettings,
  type VllmImageOptions,
  vllmSettings,
} from './language-model-images';
import {
  type AssetImageOptions,
  bindAssetImage,
  bindEcrImage,
  type EcrImageOptions,
  faultyImageDirectory,
  faultyOwnImage,
} from './own-image';
import type { ImageKind } from '../checks/catalogue/serving-image-catalogue';
import { ServingAccelerator, type ServingImageConfig } from './serving-image-config';

export { ServingAccelerator, type ServingImageConfig, type ServingImageObject } from './serving-image-config';

/**
 * A container image that speaks SageMaker's container contract: `/ping` and `/invocations` on port 8080.
 *
 * Images of AWS lie in accounts that differ by region. In a stack with a fixed region the account is known, and a region
 * without the image is refused; in any other stack it is looked up in a mapping when the stack is deployed.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
 */
export abstract class ServingImage {
  /**
   * vLLM, a server of language models on GPUs.
   *
   * @see https://aws.github.io/deep-learning-containers/vllm/
   */
  public static vllm(options: VllmImageOptions = {}): ServingImage {
    return fromCatalogue('vllm', options.version, ServingAccelerator.GPU, vllmSettings(options));
  }

  /**
   * Large Model Inference: DJL Serving with vLLM, on GPUs.
   *
   * @see https://docs.djl.ai/docs/serving/serving/docs/lmi/index.html
   */
  public static lmi(options: LmiImageOptions = {}): ServingImage {
    return fromCatalogue('lmi', options.version, ServingAccelerator.GPU, lmiSettings(options));
  }

  /**
   * SGLang, a server of language models on GPUs.
   *
   * @see https://aws.github.io/deep-learning-containers/sglang/
   */
  public static sglang(options: SglangImageOptions = {}): ServingImage {
    return fromCatalogue('sglang', options.version, ServingAccelerator.GPU, sglangSettings(options));
  }

  /**
   * NVIDIA Triton, for models of many frameworks on GPUs. The artifact is a model repository.
   *
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/deploy-models-frameworks-triton.html
   */
  public static triton(options: TritonImageOptions = {}): ServingImage {
    return fromCatalogue('triton', options.version, ServingAccelerator.GPU, tritonSettings(options));
  }

  /**
   * Hugging Face Transformers on PyTorch, for models that are no large language models.
   *
   * @see https://huggingface.co/docs/sagemaker/reference/inference-toolkit
   */
  public static huggingFace(options: HuggingFaceImageOptions = {}): ServingImage {
    return fromCatalogue('huggingFace', options.version, options.accelerator, huggingFaceSettings(options));
  }

  /**
   * Hugging Face Text Embeddings Inference: embeddings, rerankers and classifiers.
   *
   * @see https://aws.github.io/deep-learning-containers/tei/deployment/sagemaker/
   */
  public static textEmbeddings(options: TextEmbeddingsImageOptions = {}): ServingImage {
    return fromCatalogue('textEmbeddings', options.version, options.accelerator, textEmbeddingsSettings(options));
  }

  /**
   * PyTorch with TorchServe. AWS has stopped patching it, and there is no successor; this warns.
   *
   * @see https://aws.github.io/deep-learning-containers/reference/support_policy/
   */
  public static pytorch(options: PyTorchImageOptions = {}): ServingImage {
    return fromCatalogue('pytorch', options.version, options.accelerator, pyTorchSettings(options));
  }

  /**
   * XGBoost, on processors.
   *
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html
   */
  public static xgboost(options: XGBoostImageOptions = {}): ServingImage {
    return fromCatalogue('xgboost', options.version, ServingAccelerator.NONE, xgboostSettings(options));
  }

  /**
   * scikit-learn, on processors.
   *
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/sklearn.html
   */
  public static scikitLearn(options: ScikitLearnImageOptions = {}): ServingImage {
    return fromCatalogue('scikitLearn', options.version, ServingAccelerator.NONE, scikitLearnSettings(options));
  }

  /**
   * An image in a repository of the same region, also one of another account, whose owner then has to let the execution
   * role pull it.
   *
   * @param repository the repository
   * @param tagOrDigest such as `1.4.0`, or `sha256:` and 64 hexadecimal digits. What a tag names can change without a
   * deployment: new instances then run other code than old ones
   * @param options what is to be known of the image
   */
  public static fromEcr(repository: ecr.IRepository, tagOrDigest: string, options: EcrImageOptions = {}): ServingImage {
    refuse('ServingImage.fromEcr', [...judge(tagOrDigest, faultyTagOrDigest), ...faultyOwnImage(options)]);
    return new BoundImage((scope, role) => bindEcrImage(scope, role, repository, tagOrDigest, options));
  }

  /**
   * An image that is built when the app is deployed, and published to the bootstrap repository.
   *
   * @param directory the directory with the Dockerfile, relative to the working directory or absolute
   * @param options how it is built, and what is to be known of it
   */
  public static fromAsset(directory: string, options: AssetImageOptions = {}): ServingImage {
    refuse('ServingImage.fromAsset', [...faultyImageDirectory(directory, options), ...faultyOwnImage(options)]);
    return new BoundImage((scope, role) => bindAssetImage(scope, role, path.resolve(directory), options));
  }

  /**
   * Called by the pattern that deploys the image.
   *
   * @param scope where the image is deployed; its stack decides region and partition
   * @param role the execution role, which is allowed to pull the image and to read what it needs
   */
  public abstract bind(scope: Construct, role: iam.IRole): ServingImageConfig;
}

class BoundImage extends ServingImage {
  constructor(private readonly binding: (scope: Construct, role: iam.IRole) => ServingImageConfig) {
    super();
  }

  public bind(scope: Construct, role: iam.IRole): ServingImageConfig {
    return this.binding(scope, role);
  }
}

function fromCatalogue(
  kind: ImageKind,
  version: string | undefined,
  accelerator: ServingAccelerator = ServingAccelerator.NONE,
  settings: ImageSettings,
): ServingImage {
  const image = catalogueImage(kind, version, accelerator);
  return new BoundImage((scope, role) => ({ ...bindCatalogueImage(scope, role, kind, image), ...settings }));
}
