import {
  ALGORITHMS,
  ALGORITHMS_DOCUMENTED,
  DEEP_LEARNING,
  DEEP_LEARNING_NEWEST,
  DEEP_LEARNING_PUBLIC,
  type ImageRegistry,
  LARGE_MODEL_INFERENCE,
  TRITON,
} from './image-registries';

/** One image of the catalogue. */
export interface CatalogueImage {
  /** As its project counts. */
  readonly version: string;
  readonly repository: string;
  readonly tag: string;
  readonly registry: ImageRegistry;
  readonly accelerator: 'NONE' | 'GPU';
  /** Version of CUDA in the image. */
  readonly cuda?: string;
  /** The last day with security patches, where one is announced. */
  readonly endOfPatch?: string;
}

/** When the catalogue was collected: what is past, is past as of this day. */
export const IMAGE_CATALOGUE_DATE = '2026-11-21';

const VLLM = { repository: 'vllm', accelerator: 'GPU', cuda: '13.0' } as const;
const SGLANG = { repository: 'sglang', accelerator: 'GPU', cuda: '13.0' } as const;
const LMI = { repository: 'djl-inference', accelerator: 'GPU', registry: LARGE_MODEL_INFERENCE } as const;
const TRITON_SERVER = { repository: 'sagemaker-tritonserver', accelerator: 'GPU', registry: TRITON } as const;
const HUGGING_FACE = { repository: 'huggingface-pytorch-inference', registry: DEEP_LEARNING_PUBLIC } as const;
const PYTORCH = { repository: 'pytorch-inference', registry: DEEP_LEARNING_PUBLIC, endOfPatch: '2026-06-30' } as const;
const XGBOOST = { repository: 'sagemaker-xgboost', registry: ALGORITHMS, accelerator: 'NONE' } as const;
const SCIKIT_LEARN = { repository: 'sagemaker-scikit-learn', accelerator: 'NONE' } as const;
const TEI = { repository: 'tei', registry: ALGORITHMS_DOCUMENTED, accelerator: 'GPU' } as const;
const TEI_CPU = { repository: 'tei-cpu', registry: ALGORITHMS_DOCUMENTED, accelerator: 'NONE' } as const;

/**
 * The images that are known, of each kind the newest first. Of vLLM and SGLang these are the builds on Amazon Linux: AWS
 * does not promise patches for those on Ubuntu. A tag such as `v2.6` moves with its patches.
 *
 * @see https://aws.github.io/deep-learning-containers/reference/available_images/
 * @see https://aws.github.io/deep-learning-containers/reference/support_policy/
 */
export const SERVING_IMAGES = {
  vllm: [
    { ...VLLM, version: '0.30.0', tag: 'server-sagemaker-cuda-v2.6', registry: DEEP_LEARNING_NEWEST },
    { ...VLLM, version: '0.27.1', tag: 'server-sagemaker-cuda-v2.4', registry: DEEP_LEARNING },
    { ...VLLM, version: '0.27.0', tag: 'server-sagemaker-cuda-v2.3', registry: DEEP_LEARNING },
  ],
  sglang: [
    { ...SGLANG, version: '0.5.19', tag: 'server-sagemaker-cuda-v1.4', registry: DEEP_LEARNING_NEWEST },
    { ...SGLANG, version: '0.5.17', tag: 'server-sagemaker-cuda-v1.3', registry: DEEP_LEARNING },
  ],
  lmi: [
    { ...LMI, version: '29.0.0', tag: '0.38.0-lmi29.0.0-cu130', cuda: '13.0' },
    { ...LMI, version: '28.0.0', tag: '0.36.0-lmi28.0.0-cu130', cuda: '13.0' },
    { ...LMI, version: '23.0.0', tag: '0.36.0-lmi23.0.0-cu129', cuda: '12.9' },
  ],
  triton: [
    { ...TRITON_SERVER, version: '26.05', tag: '26.05-py3', cuda: '13.0' },
    { ...TRITON_SERVER, version: '26.03', tag: '26.03-py3', cuda: '13.0' },
    { ...TRITON_SERVER, version: '25.04', tag: '25.04-py3', cuda: '12.9' },
  ],
  huggingFace: [
    {
      ...HUGGING_FACE,
      version: '5.5.3',
      tag: '2.6.0-transformers5.5.3-gpu-py312-cu124-ubuntu22.04',
      accelerator: 'GPU',
      cuda: '12.4',
    },
    { ...HUGGING_FACE, version: '5.5.3', tag: '2.6.0-transformers5.5.3-cpu-py312-ubuntu22.04', accelerator: 'NONE' },
  ],
  textEmbeddings: [
    { ...TEI, version: '1.9.4', tag: '2.0.1-tei1.9.4-gpu-py310-cu129-ubuntu24.04', cuda: '12.9' },
    { ...TEI_CPU, version: '1.9.4', tag: '2.0.1-tei1.9.4-cpu-py310-ubuntu24.04' },
    { ...TEI, version: '1.8.2', tag: '2.0.1-tei1.8.2-gpu-py310-cu122-ubuntu22.04', cuda: '12.2' },
    { ...TEI_CPU, version: '1.8.2', tag: '2.0.1-tei1.8.2-cpu-py310-ubuntu22.04' },
  ],
  pytorch: [
    {
      ...PYTORCH,
      version: '2.6.0',
      tag: '2.6.0-gpu-py312-cu124-ubuntu22.04-sagemaker',
      accelerator: 'GPU',
      cuda: '12.4',
    },
    { ...PYTORCH, version: '2.6.0', tag: '2.6.0-cpu-py312-ubuntu22.04-sagemaker', accelerator: 'NONE' },
  ],
  xgboost: [
    { ...XGBOOST, version: '3.2-0', tag: '3.2-0', endOfPatch: '2027-05-13' },
    { ...XGBOOST, version: '3.0-5', tag: '3.0-5', endOfPatch: '2026-11-17' },
  ],
  scikitLearn: [
    { ...SCIKIT_LEARN, version: '1.9-0', tag: '1.9-0', registry: ALGORITHMS_DOCUMENTED, endOfPatch: '2027-07-16' },
    { ...SCIKIT_LEARN, version: '1.4-2', tag: '1.4-2-py312', registry: ALGORITHMS, endOfPatch: '2026-10-30' },
  ],
} as const satisfies { readonly [kind: string]: readonly CatalogueImage[] };

/** A kind of image that the catalogue has. */
export type ImageKind = keyof typeof SERVING_IMAGES;

/** The images of a kind that run on an accelerator, the newest first. */
export function imagesOf(kind: ImageKind, accelerator: string): readonly CatalogueImage[] {
  return (SERVING_IMAGES[kind] as readonly CatalogueImage[]).filter((image) => image.accelerator === accelerator);
}
