export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  globalSetup: '<rootDir>/test/support/redis/start-redis.ts',
  globalTeardown: '<rootDir>/test/support/redis/stop-redis.ts',
  reporters: ['default', '<rootDir>/test/support/tally-reporter.js'],
  coverageProvider: 'babel',
  // Only what hangs is to end here: a busy machine is not what is tested.
  testTimeout: 60_000,
}
