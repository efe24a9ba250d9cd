/** Unit and synthesis tests. `.ts` before `.js`, so that a compiled library beside its sources is never what is tested. */
module.exports = {
  testEnvironment: '<rootDir>/test/onnx-environment.js',
  // By itself Jest leaves one processor to whoever watches.
  maxWorkers: '100%',
  testSequencer: '<rootDir>/test/longest-first.js',
  roots: ['<rootDir>/test'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/e2e/', '<rootDir>/test/bench/'],
  moduleFileExtensions: ['ts', 'js', 'json', 'node'],
  globalSetup: '<rootDir>/test/temporary-folder.js',
  setupFiles: ['<rootDir>/test/setup-env.js'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
};
