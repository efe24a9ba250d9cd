import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { parseTemplate } from '../../../bin/check/parse-template';
import { findingsIn } from '../../../lib/checks/finding';
import { FAMILIES } from '../../../lib/checks/rules/all-rules';
import { selectRules } from '../../../lib/checks/selection';
import { ResolvedTemplate } from '../../../lib/checks/template/resolved-template';

/** Patterns that are published and copied, rebuilt in as few resources as show what is wrong; and the same, mended. */
const FOLDER = path.join(__dirname, 'public-patterns');
const ALL = selectRules({}, FAMILIES);

const EXPECTED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'alias-shifted-unwatched': { Group: ['codedeploy-no-alarm'] },
  'async-endpoint-scaled-by-invocations': {
    Config: ['async-failures-vanish'],
    Tracking: ['scaling-realtime-metric-of-async'],
  },
  'async-endpoint-that-never-wakes': { Waiting: ['async-wake-threshold'] },
  'distributed-map-that-may-not-start': {
    Machine: [
      'states-distributed-permissions',
      'states-function-without-retry',
      'states-map-tolerates-nothing',
      'states-map-unbounded',
    ],
  },
  'endpoint-idle-at-night': { Config: ['cost-fleet-fixed', 'cost-no-budget'] },
  'endpoint-with-managed-role': {
    Instances: ['scaling-burstable', 'scaling-not-retained'],
    Role: ['iam-full-access-policy'],
  },
  'endpoint-with-one-alarm': { Endpoint: ['endpoint-rollback-both-fleets'], ServerErrors: ['alarm-missing-data'] },
  'gateway-to-function-to-endpoint': {
    MayCall: ['function-any-source'],
    Post: ['chain-rest-timeout', 'rest-method-open'],
    Role: ['iam-any-resource', 'iam-whole-service'],
  },
  'guardrails-that-are-refused': {
    AsyncPair: ['async-variants'],
    CanaryTooLarge: ['endpoint-canary-size'],
    CanaryWithoutSize: ['endpoint-canary-without-size'],
    LinearOnInf1: ['endpoint-inf1-shift'],
    RollingServerless: ['endpoint-serverless-shift'],
    Serverless: ['serverless-memory'],
  },
  'key-on-local-disks': { Config: ['config-fixed-name', 'variant-key-on-nvme'], Model: ['model-fixed-name'] },
  'realtime-endpoint-scaled-by-backlog': {
    Backlog: ['alarm-dimensions'],
    Config: ['config-fixed-name'],
    Instances: ['scaling-not-retained'],
    Queue: ['alarm-async-metric'],
    Role: ['iam-full-access-policy'],
  },
  'stream-with-deaf-alarms': {
    Age: ['alarm-missing-data', 'alarm-no-effect', 'alarm-without-dimensions'],
    Consumer: ['stream-batch-fails-whole', 'stream-failures-lost', 'stream-retries-for-ever'],
    Throttles: ['alarm-missing-data', 'alarm-no-effect', 'alarm-without-dimensions'],
  },
  'transform-job-by-state-machine': {
    JobRole: ['iam-full-access-policy'],
    Machine: [
      'states-jobs-without-retry',
      'states-role-permissions',
      'transform-lines-run-together',
      'transform-payload',
    ],
  },
};

function findingsOf(file: string): Readonly<Record<string, readonly string[]>> {
  const template = parseTemplate(file, readFileSync(path.join(FOLDER, file), 'utf8'));
  const found: Record<string, string[]> = {};
  for (const { rule, resource } of findingsIn([{ file, resolved: new ResolvedTemplate(template) }], ALL)) {
    (found[resource.logicalId] ??= []).push(rule.id);
  }
  Object.values(found).forEach((ids) => ids.sort());
  return found;
}

test('every pattern says what is wrong with it, and has been mended', () => {
  const names = Object.keys(EXPECTED).map((name) => `${name}.yaml`);
  expect(readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'))).toEqual(names);
  expect(readdirSync(path.join(FOLDER, 'mended'))).toEqual(names);
});

test.each(Object.entries(EXPECTED))('%s: what is wrong with it is found, and nothing else', (name, expected) => {
  expect(findingsOf(`${name}.yaml`)).toEqual(expected);
});

test.each(Object.keys(EXPECTED))('%s: nothing is found after it is mended', (name) => {
  expect(findingsOf(path.join('mended', `${name}.yaml`))).toEqual({});
});
