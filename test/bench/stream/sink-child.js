// A Kinesis that takes every record: prints its port, and serves until it is ended.
const { createServer } = require('node:http');

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (piece) => (text += piece));
  request.on('end', () => {
    const { Records } = JSON.parse(text);
    const one = { SequenceNumber: '1', ShardId: 'shardId-000000000000' };
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ FailedRecordCount: 0, Records: Records.map(() => one) }));
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
