/** Suites that take longest go first, so that none of them is what the others wait for at the end. */
const { default: Sequencer } = require('@jest/test-sequencer');

/** By size, which is all that Jest knows on a clean checkout, these would come late. Longest first. */
const LONGEST = [
  'e2e/serverless.test.ts',
  'e2e/endpoint.test.ts',
  'e2e/transform.test.ts',
  'local-cloud/local-cloud.test.ts',
  'validation.test.ts',
  'local-cloud/local-cloud-endpoint.test.ts',
  'api-reference.test.ts',
  'local-cloud/local-cloud-live.test.ts',
  'lambda/bundle.test.ts',
  'local-cloud/local-cloud-stream.test.ts',
  'container/onnx-server/server.test.ts',
  'container/onnx-server/start-and-stop.test.ts',
  'lib/checks/rules/rules.test.ts',
  'readme.test.ts',
  'sample-app.test.ts',
];
/** Each of these folders and names, too. */
const LONG = /\/(conformance\/[\w-]+|campaigns|list-input)\.test\.ts$/;

module.exports = class extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const listed = LONGEST.findIndex((suite) => path.endsWith(`/test/${suite}`));
      return listed >= 0 ? listed : LONGEST.length + (LONG.test(path) ? 0 : 1);
    };
    // Equal ranks keep Jest's own order.
    return [...super.sort(tests)].sort((one, other) => rank(one) - rank(other));
  }
};
