"""Where a mapping is in each shard of its stream, and in which order it may read them."""

import bisect
from dataclasses import dataclass, field

from . import kinesis_shards
from .simulations import simulation
from .stream_mapping_lanes import Lane

POSITIONS = simulation(
    'stream-mapping-starting-position',
    'StartingPosition TRIM_HORIZON, LATEST or AT_TIMESTAMP of the shards that are there when the mapping is made; those that come later '
    'are read from their beginning',
    'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html',
    'test_stream_mapping_poller.Positions.test_at_timestamp',
)
PARENTS_FIRST = simulation(
    'stream-mapping-parents-first',
    'After a reshard the children of a shard are read when all of its records are done',
    'https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html',
    'test_stream_mapping_poller.Resharding.test_children_wait_for_their_parent',
)


@dataclass
class Position:
    """`after` is the sequence number of the last record that was read."""

    after: str
    lanes: list = field(default_factory=list)
    finished: bool = False


def starting(stream, mapping, now):
    POSITIONS.exercised()
    return {
        id: Position(_start(shard, mapping), [Lane(now)], _is_behind(shard, mapping))
        for id, shard in stream['shards'].items()
    }


def _start(shard, mapping):
    position = mapping['StartingPosition']
    if position == 'TRIM_HORIZON':
        return ''
    if position == 'LATEST':
        records = shard['records']
    else:
        since = float(mapping['StartingPositionTimestamp'])
        records = [one for one in shard['records'] if one['ApproximateArrivalTimestamp'] < since]
    return records[-1]['SequenceNumber'] if records else ''


def _is_behind(shard, mapping):
    return mapping['StartingPosition'] == 'LATEST' and kinesis_shards.is_closed(shard)


def readable(stream, positions, now):
    """The shards whose parents are finished; new ones get a position."""
    found = []
    for id, shard in stream['shards'].items():
        if not all(positions[parent].finished for parent in kinesis_shards.parents(shard) if parent in positions):
            PARENTS_FIRST.exercised()
            continue
        if id not in positions:
            positions[id] = Position('', [Lane(now)])
        if not positions[id].finished:
            found.append((id, shard, positions[id]))
    return found


def unread(shard, position):
    records = shard['records']
    return records[bisect.bisect_right(records, position.after, key=lambda one: one['SequenceNumber']) :]


def settle(shard, position):
    """A shard is finished when it is closed, read to its end, and nothing of it is left."""
    idle = not any(lane.work or lane.waiting for lane in position.lanes)
    position.finished = kinesis_shards.is_closed(shard) and idle and not unread(shard, position)


def deal(position, count, lane_of, now):
    """Other lanes, as soon as no batch is under way. Whether they are as many as they should be."""
    if len(position.lanes) == count:
        return True
    if any(lane.under_way for lane in position.lanes):
        return False
    left = sorted((one for lane in position.lanes for one in lane.records()), key=lambda one: one.sequence)
    position.lanes = [Lane(now) for _ in range(count)]
    for one in left:
        position.lanes[lane_of(one.key, count)].waiting.append(one)
    return True
