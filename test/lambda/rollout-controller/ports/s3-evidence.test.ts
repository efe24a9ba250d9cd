import { S3Client } from '@aws-sdk/client-s3';
import type { TrailEntry } from '../../../../lambda/rollout/contract';
import { evidencePrefix, S3Evidence } from '../../../../lambda/rollout-controller/ports/s3-evidence';
import type { Judgement } from '../../../../lambda/rollout-judge/contract';
import { LoopbackServices } from '../../rollout-services/loopback-services';
import { ObjectService } from '../../rollout-services/raw-services';

const objects = new ObjectService();
let stop: () => void;
let evidence: S3Evidence;
beforeAll(async () => {
  stop = await new LoopbackServices([], [objects]).start();
  evidence = new S3Evidence(new S3Client({ maxAttempts: 1 }), 'evidence', 'fraud:live');
});
afterAll(() => stop());
beforeEach(() => objects.objects.clear());

const time = Date.UTC(2026, 10, 22, 16, 35, 1);
const entry: TrailEntry = { place: 7, time, attempt: 3, what: 'shifted', phase: 'baking', step: 0, text: '5 %' };
const judgement = { minute: time / 60_000 - 1 / 60, verdict: 'HOLD', gate: 'bake' } as Judgement;

test('each entry and each look is an object of its own, in the order of time by their keys', async () => {
  await evidence.look(3, judgement);
  await evidence.trail([entry, { ...entry, place: 8, time: time + 61_000, what: 'verdict' }]);
  const prefix = 'evidence/rollouts/fraud.live/0003/';
  const keys = [...objects.objects.keys()];
  expect(keys).toEqual([
    `${prefix}20261122T163500Z-look.json`,
    `${prefix}20261122T163501Z-000007-shifted.json`,
    `${prefix}20261122T163602Z-000008-verdict.json`,
  ]);
  expect([...keys].sort()).toEqual(keys);
  expect(JSON.parse(objects.objects.get(keys[1])!)).toEqual({ target: 'fraud:live', ...entry });
});

test('a repeat writes the same objects', async () => {
  await evidence.trail([entry]);
  const before = new Map(objects.objects);
  await evidence.trail([entry]);
  expect(objects.objects).toEqual(before);
});

test('no two targets share a prefix', () => {
  const targets = ['fraud:live', 'fraud-live', 'fraud_live', 'fraud', 'arn:aws:lambda:eu-west-1:1:function:fraud:live'];
  expect(new Set(targets.map(evidencePrefix)).size).toBe(targets.length);
  expect(evidencePrefix('a/b:c')).toBe('rollouts/a.b.c/');
});
