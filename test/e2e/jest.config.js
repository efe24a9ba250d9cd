/** End-to-end tests: two at a time, as each waits for half of its time. More would take the processors from what answers. */
module.exports = {
  ...require('../../jest.config'),
  rootDir: '../..',
  roots: ['<rootDir>/test/e2e'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 2,
};
