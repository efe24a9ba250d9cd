import {
  ALGORITHMS,
  ALGORITHMS_DOCUMENTED,
  DEEP_LEARNING,
  DEEP_LEARNING_NEWEST,
  DEEP_LEARNING_PUBLIC,
  LARGE_MODEL_INFERENCE,
  TRITON,
} from '../../../../lib/checks/catalogue/image-registries';
import { type CatalogueImage, SERVING_IMAGES } from '../../../../lib/checks/catalogue/serving-image-catalogue';

const ALL = [
  ALGORITHMS,
  ALGORITHMS_DOCUMENTED,
  DEEP_LEARNING,
  DEEP_LEARNING_NEWEST,
  DEEP_LEARNING_PUBLIC,
  LARGE_MODEL_INFERENCE,
  TRITON,
];

test('every region has an account of twelve digits, and every registry a name of its own', () => {
  for (const { name, accounts } of ALL) {
    expect(Object.keys(accounts).length).toBeGreaterThan(25);
    for (const [region, account] of Object.entries(accounts)) {
      expect([name, region, account]).toEqual([
        expect.stringMatching(/^[A-Za-z]+$/),
        expect.stringMatching(/^[a-z]{2}(-gov)?-[a-z]+-\d$/),
        expect.stringMatching(/^\d{12}$/),
      ]);
    }
  }
  expect(new Set(ALL.map(({ name }) => name)).size).toBe(ALL.length);
});

// https://aws.github.io/deep-learning-containers/reference/region_availability/
test.each([
  [DEEP_LEARNING, 'us-east-1', '763104351884'],
  [DEEP_LEARNING, 'eu-south-1', '692866216735'],
  [DEEP_LEARNING, 'cn-northwest-1', '727897471807'],
  [DEEP_LEARNING, 'us-gov-east-1', '446045086412'],
  [ALGORITHMS, 'us-east-1', '683313688378'],
  [ALGORITHMS, 'eu-central-1', '492215442770'],
  [ALGORITHMS, 'cn-north-1', '450853457545'],
])('$name is in %s', ({ accounts }, region, account) => {
  expect(accounts[region]).toBe(account);
});

test.each([
  [DEEP_LEARNING_NEWEST, ['us-gov-west-1', 'cn-north-1'], DEEP_LEARNING],
  [DEEP_LEARNING_PUBLIC, ['us-gov-west-1'], DEEP_LEARNING],
  [LARGE_MODEL_INFERENCE, ['me-west-1', 'ap-east-2'], DEEP_LEARNING],
  [TRITON, ['us-gov-west-1', 'me-west-1'], DEEP_LEARNING],
  [ALGORITHMS_DOCUMENTED, ['us-gov-west-1', 'me-south-1'], ALGORITHMS],
])('$name is its parent without some regions', (registry, missing, parent) => {
  expect(missing.filter((region) => region in registry.accounts)).toEqual([]);
  expect(missing.filter((region) => !(region in parent.accounts))).toEqual([]);
  expect(parent.accounts).toMatchObject(registry.accounts);
});

test('of every kind the newest image comes first, no version is there twice, and dates are dates', () => {
  for (const images of Object.values(SERVING_IMAGES) as (readonly CatalogueImage[])[]) {
    const keys = images.map(({ version, accelerator }) => `${version} ${accelerator}`);
    expect(new Set(keys).size).toBe(keys.length);
    const versions = images.map(({ version }) => version);
    const newestFirst = [...versions].sort((one, other) => other.localeCompare(one, 'en', { numeric: true }));
    expect(versions).toEqual(newestFirst);
    images.forEach(({ endOfPatch = '2027-01-01', cuda, accelerator, tag }) => {
      expect(endOfPatch).toMatch(/^20\d\d-[01]\d-[0-3]\d$/);
      expect([tag, cuda !== undefined]).toEqual([tag, accelerator === 'GPU']);
    });
  }
});
