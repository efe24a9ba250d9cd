// One cold start: node cold-child.js <handler> <event.json>, or none of both to start Node.js alone.
// Ends by force as soon as the answer is out: tidying up is no part of it.
const { readFileSync, writeSync } = require('node:fs');

function answered(text) {
  writeSync(1, text);
  process.kill(process.pid, 'SIGKILL');
}

if (process.argv.length === 2) {
  answered('answered');
} else {
  const { handler } = require(process.argv[2]);
  const event = JSON.parse(readFileSync(process.argv[3], 'utf8'));
  handler(event, { awsRequestId: 'bench', getRemainingTimeInMillis: () => 60_000 }).then(
    ({ predictions, batchItemFailures }) =>
      answered(predictions?.length === 1 || batchItemFailures?.length === 0 ? 'answered' : 'not all'),
    (error) => answered(String(error)),
  );
}
