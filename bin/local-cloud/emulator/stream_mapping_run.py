"""One mapping at work: reads its stream, invokes its function with the batches of each lane, and gives up what cannot be done."""

import os
import threading
import time

from ministack.core.responses import new_uuid, request_scope
from ministack.services import lambda_svc

from . import (
    lambda_metrics,
    scaled_time,
    stream_mapping_destinations,
    stream_mapping_events,
    stream_mapping_faults,
    stream_mapping_metrics,
    stream_mapping_settings,
    stream_mapping_shards,
)
from .stream_mapping_faults import REPEATED, THROTTLED, UNDELIVERED
from .stream_mapping_lanes import FAILED, REPEAT, SUCCEEDED, THROTTLE, Outcome

# What AWS does not document: whether a batch that got on by its checkpoint has all of its retries again.
RETRIES_VARIABLE = 'LOCAL_CLOUD_PARTIAL_RETRIES'
_MODES = ('kept', 'renewed')


def keeps_retries():
    mode = os.environ.get(RETRIES_VARIABLE) or _MODES[0]
    if mode not in _MODES:
        raise ValueError(f'{RETRIES_VARIABLE} is {mode!r}, not one of {", ".join(_MODES)}')
    return mode == 'kept'


class Run:
    def __init__(self, account, region, mapping):
        self.account, self.region, self.mapping = account, region, mapping
        self.lock = threading.RLock()
        self.stream = stream_mapping_settings.stream_of(mapping['EventSourceArn'])
        self.positions = stream_mapping_shards.starting(self.stream, mapping, time.time())
        self._quiet_since = 0.0

    def is_over(self):
        there = lambda_svc._esms.get_scoped(self.account, self.region, self.mapping['UUID'])
        return there is not self.mapping

    def settings(self):
        return stream_mapping_settings.of(self.mapping, keeps_retries())

    def tick(self):
        """Reads what is new and starts what is due. Does not wait for it."""
        with self.lock, request_scope(self.account, self.region):
            gone = stream_mapping_settings.stream_of(self.mapping['EventSourceArn']) is not self.stream
            if self.is_over() or not self.mapping.get('Enabled', True) or gone:
                return
            now, polled = time.time(), 0
            for shard_id, shard, position in stream_mapping_shards.readable(self.stream, self.positions, now):
                polled += self._read(shard_id, shard, position, now)
                for lane in position.lanes:
                    self._start(shard_id, lane)
                stream_mapping_shards.settle(shard, position)
            self._report_quiet(polled, now)

    def _read(self, shard_id, shard, position, now):
        lanes = self.settings().lanes
        if not stream_mapping_shards.deal(position, lanes, stream_mapping_events.lane_of, now):
            return 0
        new = stream_mapping_shards.unread(shard, position)
        if not new:
            return 0
        position.after = new[-1]['SequenceNumber']
        role, arn = self._role(), self.mapping['EventSourceArn']
        records = [stream_mapping_events.record(arn, shard_id, one, self.region, role) for one in new]
        kept = stream_mapping_events.matching(records, self.mapping)
        for one in kept:
            position.lanes[stream_mapping_events.lane_of(one.key, lanes)].waiting.append(one)
        stream_mapping_metrics.count(self.mapping, Polled=len(new), FilteredOut=len(new) - len(kept))
        stream_mapping_metrics.read(arn, now - new[-1]['ApproximateArrivalTimestamp'])
        return len(new)

    def _report_quiet(self, polled, now):
        # Lambda polls each second of AWS; as many zeros would only fill the memory.
        if polled:
            self._quiet_since = now
        elif now - self._quiet_since >= scaled_time.minute() / 4:
            self._quiet_since = now
            stream_mapping_metrics.count(self.mapping, Polled=0)
            if not self.waiting():
                stream_mapping_metrics.read(self.mapping['EventSourceArn'], 0)

    def waiting(self):
        """Records that were read and are not done."""
        lanes = [lane for position in self.positions.values() for lane in position.lanes]
        return sum(len(lane.records()) for lane in lanes)

    def _role(self):
        config = (lambda_svc._functions.get(self.mapping['FunctionName']) or {}).get('config') or {}
        return config.get('Role', '')

    def _start(self, shard_id, lane):
        batch, given_up = lane.take(self.settings(), time.time())
        if batch or given_up:
            work = threading.Thread(target=self._work, args=(shard_id, lane, batch, given_up), daemon=True)
            work.start()

    def _work(self, shard_id, lane, batch, given_up):
        """Goes on with the lane as long as there is something to do."""
        with request_scope(self.account, self.region):
            while True:
                for one in given_up:
                    self._give_up(shard_id, one)
                if batch is None:
                    return
                outcome = self._invoke(batch)
                with self.lock:
                    given_up = lane.finish(self.settings(), outcome, time.time())
                    batch = None
                    if not self.is_over() and self.mapping.get('Enabled', True) and self._has_its_lanes(shard_id):
                        batch, more = lane.take(self.settings(), time.time())
                        given_up = given_up + more

    def _has_its_lanes(self, shard_id):
        return len(self.positions[shard_id].lanes) == self.settings().lanes

    def _invoke(self, batch):
        name, qualifier = self.mapping['FunctionName'], self.mapping.get('Qualifier')
        function, config = lambda_svc._get_func_record_for_qualifier(name, qualifier)
        if function is None:
            return self._done(batch, Outcome(THROTTLE))
        stream_mapping_metrics.sent(config, batch)
        arn = self.mapping['EventSourceArn']
        stream_mapping_metrics.read(arn, time.time() - batch.records[-1].arrived)
        event = {'Records': [record.event for record in batch.records]}
        if stream_mapping_faults.strikes(THROTTLED, self.stream['StreamName']):
            lambda_metrics.record(lambda_metrics.dimension_sets(config), Throttles=1)
            return self._outcome(batch, config, {'throttle': True})
        outcome = self._outcome(batch, config, lambda_svc._execute_function_with_config_scope(function, event))
        if outcome.kind == SUCCEEDED and stream_mapping_faults.strikes(REPEATED, self.stream['StreamName']):
            return Outcome(REPEAT)
        return outcome

    def _outcome(self, batch, config, result):
        stream_mapping_metrics.count(self.mapping, Invoked=len(batch.records))
        if result.get('throttle'):
            return self._done(batch, Outcome(THROTTLE))
        response = {'statusCode': 200, 'executedVersion': config.get('Version', '$LATEST')}
        if result.get('error'):
            response['functionError'] = result.get('function_error') or 'Unhandled'
            return self._done(batch, Outcome(FAILED, response=response))
        reports = self.settings().reports_failures
        return self._done(batch, stream_mapping_events.outcome(result.get('body'), batch, reports, response))

    def _done(self, batch, outcome):
        succeeded = outcome.kind == SUCCEEDED
        self.mapping['LastProcessingResult'] = 'OK' if succeeded else 'PROBLEM: Function call failed'
        if not succeeded:
            # Of what was reported, those that come again.
            failed = [one for one in batch.records if one.sequence >= outcome.sequence]
            stream_mapping_metrics.count(self.mapping, FailedInvoke=len(failed))
        return outcome

    def _deliver(self, shard_id, given_up):
        if stream_mapping_faults.strikes(UNDELIVERED, self.stream['StreamName']):
            return False
        return stream_mapping_destinations.deliver(self.mapping, shard_id, given_up, new_uuid())

    def _give_up(self, shard_id, given_up):
        count = len(given_up.records)
        if stream_mapping_destinations.arn_of(self.mapping):
            if self._deliver(shard_id, given_up):
                stream_mapping_metrics.count(self.mapping, OnFailureDestinationDelivered=count)
                return
            config = {'FunctionName': self.mapping['FunctionName'], 'FunctionArn': self.mapping['FunctionArn']}
            stream_mapping_metrics.undelivered(config)
        stream_mapping_metrics.count(self.mapping, Dropped=count)
