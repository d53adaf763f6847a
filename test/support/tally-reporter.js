/** Ends a run of jest with one line that any CI can read. A file that could not be loaded counts as one failed test. */
export default class TallyReporter {
  onRunComplete(_contexts, results) {
    const notRun = results.numRuntimeErrorTestSuites + (results.runExecError ? 1 : 0)
    const tally = `tests: ${results.numPassedTests} passed, ${results.numFailedTests + notRun} failed\n`
    // jest writes its own summary after the last reporter, without a pause.
    setImmediate(() => process.stdout.write(tally))
  }
}
