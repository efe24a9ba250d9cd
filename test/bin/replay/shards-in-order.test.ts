import fc from 'fast-check';
import { shardsInOrder } from '../../../bin/replay/shards-in-order';

const named = (ShardId: string, ParentShardId?: string, AdjacentParentShardId?: string) => ({
  ShardId,
  ParentShardId,
  AdjacentParentShardId,
});

test('a shard comes after those that it was split from or merged of, whatever they are called', () => {
  // A merge of b and c, of which b was split.
  const shards = [named('b', 'd'), named('a', 'b', 'c'), named('c', 'gone'), named('d')];
  expect(shardsInOrder(shards).map(({ ShardId }) => ShardId)).toEqual(['d', 'b', 'c', 'a']);
});

test('each is there once, and the order does not depend on how they were listed', () => {
  const streams = fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 30 }).chain((parents) => {
    const shards = parents.map(([one, other], place) =>
      named(
        `s${String((place * 17) % 31)}`,
        ...[one, other].filter((each) => each < place).map((each) => `s${(each * 17) % 31}`),
      ),
    );
    return fc.tuple(fc.constant(shards), fc.shuffledSubarray(shards, { minLength: shards.length }));
  });
  fc.assert(
    fc.property(streams, ([shards, shuffled]) => {
      const order = shardsInOrder(shuffled).map(({ ShardId }) => ShardId);
      expect(order).toEqual(shardsInOrder(shards).map(({ ShardId }) => ShardId));
      expect([...order].sort()).toEqual(shards.map(({ ShardId }) => ShardId).sort());
      for (const { ShardId, ParentShardId, AdjacentParentShardId } of shards) {
        [ParentShardId, AdjacentParentShardId].forEach((parent) =>
          expect(parent === undefined ? -1 : order.indexOf(parent)).toBeLessThan(order.indexOf(ShardId)),
        );
      }
    }),
  );
});
