import { availableParallelism } from 'node:os'

export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // `npm run verify` runs these: they take minutes.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/verification/'],
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
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/redis/stop-redis.ts',
  reporters: ['default', '<rootDir>/test/support/tally-reporter.js'],
  coverageProvider: 'babel',
  // At least two, also on two cores: files run in worker processes, which are restarted before they grow large.
  maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
  workerIdleMemoryLimit: '400MB',
  // Of `it.concurrent`, for tests that wait for timeouts.
  maxConcurrency: 4,
  // Ends only what hangs: a busy machine takes its time.
  testTimeout: 60_000,
}
