// ONNX Runtime's native binding checks `instanceof Float32Array` against the outer realm; jest gives each test file a
// realm of its own. Sharing the typed-array constructors makes both sides agree.
const { TestEnvironment } = require('jest-environment-node');

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const type of [
      'ArrayBuffer',
      'Float32Array',
      'Float64Array',
      'Int8Array',
      'Int16Array',
      'Int32Array',
      'BigInt64Array',
      'Uint8Array',
      'Uint16Array',
      'Uint32Array',
      'BigUint64Array',
    ]) {
      this.global[type] = globalThis[type];
    }
  }
};
