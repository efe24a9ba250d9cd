"""A stream, a function that writes down its events and does as the records say, and a mapping between the two."""

import base64
import json
import tempfile
import time
from pathlib import Path

from emulator import stream_mapping_faults, stream_mapping_poller
from in_process import InProcess, create, function
from ministack.services import kinesis, lambda_svc, s3, sns, sqs

# Writes each event to a file of its own, so that a test can see what was asked when. What a record says is done.
CONSUMER = '''
const { writeFileSync, renameSync, existsSync } = require('node:fs');
let count = 0;
exports.handler = async (event, context) => {
  const begun = Date.now();
  const records = event.Records.map((record) => ({ ...record, text: Buffer.from(record.kinesis.data, 'base64').toString() }));
  const file = `FOLDER/${begun}-${process.pid}-${String(count++).padStart(6, '0')}`;
  const save = (ended) => {
    writeFileSync(`${file}.part`, JSON.stringify({ begun, ended, version: context.functionVersion, event }));
    renameSync(`${file}.part`, `${file}.json`);
  };
  const slow = records.some(({ text }) => text.startsWith('slow'));
  if (slow) await new Promise((resolve) => setTimeout(resolve, 150));
  save(Date.now());
  if (!existsSync('FOLDER/healed') && records.some(({ text }) => text.startsWith('poison'))) throw new Error('poisoned');
  const failed = existsSync('FOLDER/healed') ? undefined : records.find(({ text }) => text.startsWith('report'));
  return { batchItemFailures: failed ? [{ itemIdentifier: failed.kinesis.sequenceNumber }] : [] };
};
'''
DEADLINE_SECONDS = 10


class WithStreams(InProcess):
    def setUp(self):
        super().setUp()
        for service in (kinesis, sqs, sns, s3):
            service.reset()
        stream_mapping_poller.runs.clear()
        stream_mapping_faults.clear()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def tearDown(self):
        for run in list(stream_mapping_poller.runs.values()):
            run.mapping['Enabled'] = False
        stream_mapping_faults.clear()
        super().tearDown()

    def consumer(self, **props):
        return function('consumer', CONSUMER.replace('FOLDER', str(self.folder)), **props)

    def heal(self):
        (self.folder / 'healed').touch()

    def calls(self):
        """What the function was asked, in order."""
        found = [json.loads(file.read_text()) for file in sorted(self.folder.glob('*.json'))]
        return sorted(found, key=lambda one: one['begun'])

    def batches(self):
        return [[text(record) for record in call['event']['Records']] for call in self.calls()]

    def eventually(self, check, what='it did not come to that'):
        until = time.time() + DEADLINE_SECONDS
        while not check():
            if time.time() > until:
                self.fail(f'{what}: {self.batches()} {stream_mapping_poller.report()}')
            time.sleep(0.01)

    def until_done(self):
        """All that was put is read, and is done or given up."""
        self.eventually(lambda: all(is_done(run) for run in stream_mapping_poller.runs.values()), 'not done')


def is_done(run):
    with run.lock:
        read = all(
            not shard['records'] or shard['records'][-1]['SequenceNumber'] <= run.positions[id].after
            for id, shard in run.stream['shards'].items()
            if id in run.positions
        )
        known = all(id in run.positions for id in run.stream['shards'])
        return read and known and not run.waiting()


def text(record):
    return base64.b64decode(record['kinesis']['data']).decode()


def stream(name='readings', shards=1, **props):
    create('AWS::Kinesis::Stream', {'Name': name, 'ShardCount': shards, **props})
    return kinesis._streams[name]['StreamARN']


def put(*texts, key=None, name='readings'):
    """Under the key given, or the letters at the end of each text."""
    for one in texts:
        body = {'StreamName': name, 'Data': base64.b64encode(one.encode()).decode(), 'PartitionKey': key or one[-1]}
        status, _, answer = kinesis._put_record(body)
        assert status == 200, answer


def mapping(arn, function_name='consumer', **settings):
    """By the API; answers its record."""
    body = {'EventSourceArn': arn, 'FunctionName': function_name, 'StartingPosition': 'TRIM_HORIZON', **settings}
    status, _, answer = lambda_svc._create_esm(body)
    assert status == 202, answer
    return lambda_svc._esms[json.loads(answer)['UUID']]
