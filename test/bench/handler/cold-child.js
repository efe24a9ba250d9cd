// One cold start: node cold-child.js <handler> <events.json> <event>. Without arguments it only starts Node.js.
// Ends by force as soon as the answer is out: tidying up is no part of it.
const { writeSync } = require('node:fs');

function answered(text) {
  writeSync(1, text);
  process.kill(process.pid, 'SIGKILL');
}

if (process.argv.length === 2) {
  answered('answered');
} else {
  const { handler } = require(process.argv[2]);
  const events = JSON.parse(require('node:fs').readFileSync(process.argv[3], 'utf8'));
  handler(events[process.argv[4]].event, { awsRequestId: 'bench' }).then(
    (answer) => answered(answer.statusCode === 200 ? 'answered' : 'refused'),
    () => answered('failed'),
  );
}
