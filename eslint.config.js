const js = require('@eslint/js');
const tseslint = require('typescript-eslint');
const cdk = require('eslint-plugin-awscdk').default ?? require('eslint-plugin-awscdk');

module.exports = tseslint.config(
  {
    ignores: [
      'node_modules/',
      'dist/',
      'cdk.out/',
      '.cache/',
      'coverage/',
      'lib/**/*.js',
      'lib/**/*.d.ts',
      'lambda/**/*.js',
      'lambda/**/*.d.ts',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: {
        module: 'writable',
        require: 'readonly',
        process: 'readonly',
        globalThis: 'readonly',
        __dirname: 'readonly',
      },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: __dirname } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { disallowTypeAnnotations: false, fixStyle: 'inline-type-imports' },
      ],
      '@typescript-eslint/prefer-nullish-coalescing': 'error',
      // A handler's start and a library's import are kept short by loading what is rare only when it is needed.
      '@typescript-eslint/no-require-imports': 'off',
      eqeqeq: 'error',
    },
  },
  {
    files: ['lib/**/*.ts', 'bin/sample/**/*.ts'],
    plugins: { awscdk: cdk },
    rules: {
      'awscdk/pascal-case-construct-id': 'error',
      'awscdk/prefer-grants-property': 'error',
      'awscdk/no-parent-name-construct-id-match': 'error',
    },
  },
);
