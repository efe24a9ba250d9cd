/** Part of a stream, and what it came out of. */
export interface ShardOfStream {
  readonly ShardId?: string;
  readonly ParentShardId?: string;
  readonly AdjacentParentShardId?: string;
}

/** Parents before their children, else by id: the same order whenever it is asked for, so that a replay can go on within it. */
export function shardsInOrder<Each extends ShardOfStream>(shards: readonly Each[]): Each[] {
  const byId = new Map(shards.map((shard) => [shard.ShardId, shard]));
  const placed = new Set<Each>();
  const place = (shard: Each | undefined): void => {
    if (shard !== undefined && !placed.has(shard)) {
      place(byId.get(shard.ParentShardId));
      place(byId.get(shard.AdjacentParentShardId));
      placed.add(shard);
    }
  };
  [...shards].sort(({ ShardId: one = '' }, { ShardId: next = '' }) => (one < next ? -1 : 1)).forEach(place);
  return [...placed];
}
