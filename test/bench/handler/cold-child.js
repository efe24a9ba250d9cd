// One cold start: node cold-child.js <handler> <events.json>. Answers the first event and ends at once.
const { handler } = require(process.argv[2]);
const events = JSON.parse(require('node:fs').readFileSync(process.argv[3], 'utf8'));

handler(events['1'].event, { awsRequestId: 'bench' }).then((answer) => process.exit(answer.statusCode === 200 ? 0 : 1));
