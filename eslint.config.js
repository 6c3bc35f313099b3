import tseslint from 'typescript-eslint';
import tsdoc from 'eslint-plugin-tsdoc';

const clockRule = [
  'error',
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Time is an argument: take a Clock (design.md, habits.md).' },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time is an argument: take a Clock (design.md, habits.md).' },
  { selector: "CallExpression[callee.name='setTimeout']", message: 'Waiting belongs to the workflow or to local/clock.ts.' },
];

export default tseslint.config(
  { ignores: ['dist/', 'cdk.out/', 'node_modules/', 'scripts/*.mjs', 'eslint.config.js'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { tsdoc },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-syntax': clockRule,
      'tsdoc/syntax': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  { files: ['test/**', 'scripts/**', 'demo/**'], rules: { 'no-restricted-syntax': 'off', 'no-console': 'off' } },
);
