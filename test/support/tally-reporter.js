/** Prints one final line for CI. A test file that cannot be loaded counts as one failed test. */
export default class TallyReporter {
  onRunComplete(_contexts, results) {
    const notRun = results.numRuntimeErrorTestSuites + (results.runExecError ? 1 : 0)
    const tally = `tests: ${results.numPassedTests} passed, ${results.numFailedTests + notRun} failed\n`
    // jest prints its own summary right after the last reporter.
    setImmediate(() => process.stdout.write(tally))
  }
}
