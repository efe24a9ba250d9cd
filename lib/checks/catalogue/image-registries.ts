/** Accounts that hold images, by region: an image can be pulled only from the registry of its own region. */
export interface ImageRegistry {
  /** Becomes the logical id of a mapping: a new name is a change of every template that has it. */
  readonly name: string;
  readonly accounts: { readonly [region: string]: string };
}

const GOVERNMENT = ['us-gov-east-1', 'us-gov-west-1'];
const CHINA = ['cn-north-1', 'cn-northwest-1'];

/**
 * AWS Deep Learning Containers.
 * @see https://aws.github.io/deep-learning-containers/reference/region_availability/
 */
export const DEEP_LEARNING: ImageRegistry = {
  name: 'DeepLearningContainers',
  accounts: {
    ...inAccount('763104351884', [
      'ap-northeast-1',
      'ap-northeast-2',
      'ap-south-1',
      'ap-southeast-1',
      'ap-southeast-2',
      'ca-central-1',
      'eu-central-1',
      'eu-north-1',
      'eu-west-1',
      'eu-west-2',
      'eu-west-3',
      'sa-east-1',
      'us-east-1',
      'us-east-2',
      'us-west-1',
      'us-west-2',
    ]),
    ...inAccount('727897471807', CHINA),
    'af-south-1': '626614931356',
    'ap-east-1': '871362719292',
    'ap-east-2': '975050140332',
    'ap-northeast-3': '364406365360',
    'ap-south-2': '772153158452',
    'ap-southeast-3': '907027046896',
    'ap-southeast-4': '457447274322',
    'ap-southeast-5': '550225433462',
    'ap-southeast-6': '633930458069',
    'ap-southeast-7': '590183813437',
    'ca-west-1': '204538143572',
    'eu-central-2': '380420809688',
    'eu-south-1': '692866216735',
    'eu-south-2': '503227376785',
    'il-central-1': '780543022126',
    'me-central-1': '914824155844',
    'me-south-1': '217643126080',
    'me-west-1': '124382933778',
    'mx-central-1': '637423239942',
    'us-gov-east-1': '446045086412',
    'us-gov-west-1': '442386744353',
  },
};

/** The newest builds, which reach the partitions of the government and of China later. */
export const DEEP_LEARNING_NEWEST = without('Newest', DEEP_LEARNING, [...GOVERNMENT, ...CHINA]);

/** Images of which nobody says that the partition of the government has them. */
export const DEEP_LEARNING_PUBLIC = without('Public', DEEP_LEARNING, GOVERNMENT);

/** Large Model Inference, which has not come to the youngest regions. */
export const LARGE_MODEL_INFERENCE = without('Lmi', DEEP_LEARNING, ['ap-east-2', 'ap-southeast-6', 'me-west-1']);

/** NVIDIA Triton, which has come to neither. */
export const TRITON = without('Triton', DEEP_LEARNING, [...GOVERNMENT, 'ap-southeast-6', 'me-west-1']);

/**
 * SageMaker's own algorithms and frameworks.
 * @see https://aws.github.io/deep-learning-containers/reference/region_availability/
 */
export const ALGORITHMS: ImageRegistry = {
  name: 'SageMakerAlgorithms',
  accounts: {
    'af-south-1': '510948584623',
    'ap-east-1': '651117190479',
    'ap-northeast-1': '354813040037',
    'ap-northeast-2': '366743142698',
    'ap-northeast-3': '867004704886',
    'ap-south-1': '720646828776',
    'ap-south-2': '628508329040',
    'ap-southeast-1': '121021644041',
    'ap-southeast-2': '783357654285',
    'ap-southeast-3': '951798379941',
    'ap-southeast-4': '106583098589',
    'ca-central-1': '341280168497',
    'ca-west-1': '190319476487',
    'cn-north-1': '450853457545',
    'cn-northwest-1': '451049120500',
    'eu-central-1': '492215442770',
    'eu-central-2': '680994064768',
    'eu-north-1': '662702820516',
    'eu-south-1': '978288397137',
    'eu-south-2': '104374241257',
    'eu-west-1': '141502667606',
    'eu-west-2': '764974769150',
    'eu-west-3': '659782779980',
    'il-central-1': '898809789911',
    'me-central-1': '272398656194',
    'me-south-1': '801668240914',
    'sa-east-1': '737474898029',
    'us-east-1': '683313688378',
    'us-east-2': '257758044811',
    'us-gov-east-1': '237065988967',
    'us-gov-west-1': '414596584902',
    'us-west-1': '746614075791',
    'us-west-2': '246618743249',
  },
};

/** The regions that the page names for all of these images. */
export const ALGORITHMS_DOCUMENTED = without('Documented', ALGORITHMS, [...GOVERNMENT, 'me-central-1', 'me-south-1']);

function inAccount(account: string, regions: readonly string[]): { readonly [region: string]: string } {
  return Object.fromEntries(regions.map((region) => [region, account]));
}

function without(suffix: string, { name, accounts }: ImageRegistry, regions: readonly string[]): ImageRegistry {
  return {
    name: `${name}${suffix}`,
    accounts: Object.fromEntries(Object.entries(accounts).filter(([region]) => !regions.includes(region))),
  };
}
