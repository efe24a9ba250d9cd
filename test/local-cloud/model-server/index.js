// A container of SageMaker's contract, as small as can be. What it answers with is what it was given.
const { Buffer } = require('node:buffer');
const { readdirSync, readFileSync } = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { setTimeout } = require('node:timers');
const { Worker } = require('node:worker_threads');

const folder = path.join(process.env.SAGEMAKER_BASE_DIR, 'model');
const files = () =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
      .map((file) => [path.relative(folder, file), readFileSync(file, 'utf8')]),
  );

// Model servers have threads of their own.
new Worker('', { eval: true }).on('error', (error) => {
  throw error;
});

const { EXECUTION_PARAMETERS, MODE, ...environment } = process.env;
process.stdout.write(`serving ${MODE}\n`);
let failures = Number(process.env.FAILURES ?? 0);

http
  .createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const answer = (status, value, headers = {}) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify(value));
      };
      if (request.url === '/ping') return answer(MODE === 'sick' ? 503 : 200, {});
      if (request.url === '/execution-parameters') {
        return EXECUTION_PARAMETERS ? answer(200, JSON.parse(EXECUTION_PARAMETERS)) : answer(404, {});
      }
      // Fails so many times before it works.
      if (failures-- > 0) return answer(503, { error: 'not yet' });
      // One line for each line: how many characters it has.
      if (MODE === 'lengths') {
        return response.end(
          body
            .trimEnd()
            .split('\n')
            .map((line) => line.length)
            .join('\n'),
        );
      }
      if (MODE === 'environment') return answer(200, environment);
      if (MODE === 'broken' || body === 'fail') return answer(500, { error: 'bad model' });
      if (body === 'invalid') return answer(400, { error: 'bad input' });
      if (body === 'explained') return response.writeHead(422).end('first: line\n  second line\n');
      if (body === 'hang') return undefined;
      if (body === 'slow') return setTimeout(() => answer(200, {}), 400);
      if (body === 'crash') process.exit(1);
      const custom = request.headers['x-amzn-sagemaker-custom-attributes'];
      return answer(
        200,
        {
          mode: MODE,
          pid: process.pid,
          files: files(),
          headers: request.headers,
          body,
        },
        custom ? { 'x-amzn-sagemaker-custom-attributes': custom } : {},
      );
    });
  })
  .listen(Number(process.env.SAGEMAKER_BIND_TO_PORT), process.env.HOST);
