"""
One lane of a shard: the records of some of its partition keys, in their order, one batch at a time. What becomes of a batch
is decided here, from the answers of the function and the time; nothing here waits, calls or stores.
"""

from collections import deque
from dataclasses import dataclass, field

from .simulations import simulation

BATCHES = simulation(
    'stream-mapping-batches',
    'A batch is full at BatchSize records or at 6 MB of the event, or is sent when MaximumBatchingWindowInSeconds is over, which '
    'begins when the invocation before has ended; without a window, whatever is there is sent',
    'https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html',
    'test_stream_mapping_lanes.Batches.test_full_batch_does_not_wait_for_the_window',
)
RETRIES = simulation(
    'stream-mapping-retries',
    'A batch that failed is tried again, nothing after it is, until MaximumRetryAttempts retries have failed too; then it is given '
    'up, and the shard goes on',
    'https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html',
    'test_stream_mapping_lanes.Retries.test_given_up_after_its_retries',
)
AGE = simulation(
    'stream-mapping-record-age',
    'Records that are older than MaximumRecordAgeInSeconds (of scaled time) are given up without the rest of their batch',
    'https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html',
    'test_stream_mapping_lanes.Age.test_only_records_that_are_too_old_are_given_up',
)
THROTTLED = simulation(
    'stream-mapping-throttled',
    'A batch that the function could not be invoked with, because it is throttled or not there, is tried again until it is too old; '
    'that is no attempt',
    'https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html',
    'test_stream_mapping_lanes.Retries.test_throttled_is_no_attempt',
)
BISECT = simulation(
    'stream-mapping-bisect',
    'With BisectBatchOnFunctionError a failed batch is tried again in two halves, the first one first; a split takes no retry',
    'https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html',
    'test_stream_mapping_lanes.Bisect.test_poison_record_ends_alone',
)
CHECKPOINT = simulation(
    'stream-mapping-checkpoint',
    'With ReportBatchItemFailures the records from the lowest returned sequence number on are tried again, those before it are not; '
    'with BisectBatchOnFunctionError too, that is a split there',
    'https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html',
    'test_stream_mapping_lanes.Checkpoint.test_records_before_it_are_done',
)

MOST_BYTES = 6 * 1024 * 1024
# {"Records": []}, and a comma and a space between two records.
ENVELOPE_BYTES, SEPARATOR_BYTES = 15, 2

SUCCEEDED, FAILED, THROTTLE, REPORTED = 'succeeded', 'failed', 'throttled', 'reported'
# Succeeded, and is not known to have: comes again as if it had not been tried.
REPEAT = 'repeat'
EXHAUSTED, TOO_OLD = 'RetryAttemptsExhausted', 'RecordAgeExceeded'


@dataclass(frozen=True)
class Record:
    sequence: str
    key: str
    arrived: float
    size: int
    event: dict


@dataclass(frozen=True)
class Outcome:
    """`sequence` is the first record that is to be tried again, of what was REPORTED. `response` is for the failure destination."""

    kind: str
    sequence: str = ''
    response: dict | None = None


@dataclass
class Batch:
    records: list
    # Attempts that failed and count, and all that reached the function.
    failures: int = 0
    invoked: int = 0
    delays: int = 0
    not_before: float = 0
    response: dict | None = None


@dataclass(frozen=True)
class GivenUp:
    records: list
    condition: str
    invoked: int
    response: dict | None


@dataclass
class Lane:
    window_begun: float
    waiting: deque = field(default_factory=deque)
    # What is left of the batch that was formed last; the first one is next, or under way.
    work: list = field(default_factory=list)
    under_way: bool = False

    def records(self):
        return [record for batch in self.work for record in batch.records] + list(self.waiting)

    def take(self, settings, now):
        """The batch to invoke with now, if any, and records given up before. One that is taken has to be finished."""
        if self.under_way:
            return None, []
        if not self.work:
            formed = self._form(settings, now)
            if formed is None:
                return None, []
            self.work.append(formed)
        batch = self.work[0]
        if batch.not_before > now:
            return None, []
        given_up = self._without_too_old(batch, settings, now)
        if not batch.records:
            del self.work[0]
            following, more = self.take(settings, now)
            return following, given_up + more
        self.under_way = True
        return batch, given_up

    def _form(self, settings, now):
        if not self.waiting:
            # The window that begins next is over when nothing came: another one begins.
            if now - self.window_begun >= settings.window:
                self.window_begun = now
            return None
        count, size = 0, ENVELOPE_BYTES
        for record in self.waiting:
            size += record.size + SEPARATOR_BYTES
            if count == settings.batch_size or (count and size > MOST_BYTES):
                break
            count += 1
        is_full = count == settings.batch_size or size > MOST_BYTES
        if not is_full and now < self.window_begun + settings.window:
            return None
        BATCHES.exercised()
        return Batch([self.waiting.popleft() for _ in range(count)])

    def _without_too_old(self, batch, settings, now):
        if settings.max_age is None:
            return []
        old = [record for record in batch.records if now - record.arrived > settings.max_age]
        if not old:
            return []
        AGE.exercised()
        batch.records = batch.records[len(old) :]
        return [GivenUp(old, TOO_OLD, batch.invoked, batch.response)]

    def finish(self, settings, outcome, now):
        """What became of the batch that was taken; answers records that are given up."""
        batch, self.under_way = self.work.pop(0), False
        left, given_up = self._left_of(batch, settings, outcome, now)
        self.work[0:0] = left
        if not self.work:
            self.window_begun = now
        return given_up

    def _left_of(self, batch, settings, outcome, now):
        if outcome.kind in (THROTTLE, REPEAT):
            if outcome.kind == THROTTLE:
                THROTTLED.exercised()
            return [_delayed(batch, settings, now)], []
        batch.invoked += 1
        batch.response = outcome.response
        if outcome.kind == SUCCEEDED:
            return [], []
        if outcome.kind == REPORTED:
            CHECKPOINT.exercised()
            done = next(i for i, record in enumerate(batch.records) if record.sequence == outcome.sequence)
            if done:
                batch.records, batch.delays = batch.records[done:], 0
                if settings.bisects:
                    return [batch], []
                if not settings.keeps_retries:
                    batch.failures = 0
        elif settings.bisects and len(batch.records) > 1:
            BISECT.exercised()
            # Uneven batches: AWS does not say which half is the larger one.
            half = len(batch.records) // 2
            parts = (batch.records[:half], batch.records[half:])
            return [Batch(part, batch.failures, batch.invoked, response=batch.response) for part in parts], []
        RETRIES.exercised()
        batch.failures += 1
        if settings.max_retries is not None and batch.failures > settings.max_retries:
            return [], [GivenUp(batch.records, EXHAUSTED, batch.invoked, batch.response)]
        return [_delayed(batch, settings, now)], []


def _delayed(batch, settings, now):
    batch.not_before = now + min(settings.longest_delay, settings.first_delay * 2 ** min(batch.delays, 10))
    batch.delays += 1
    return batch
