/**
 * A folder for everything that a run of the tests writes to the system's temporary folder, removed when it ends: each synthesized
 * app leaves its assembly there, which comes to gigabytes. Workers inherit the environment.
 */
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

module.exports = () => {
  const folder = mkdtempSync(join(tmpdir(), 'inference-patterns-'));
  process.env.TMPDIR = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
};
