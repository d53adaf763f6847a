import root from '../../jest.config.js'

/** The tests of the harnesses, which `npm test` leaves out because they take minutes. */
export default {
  ...root,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/verification/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
}
