/** The short form of one harness. */
export interface Harness {
  readonly name: string
  /** Arguments of Node. */
  readonly args: readonly string[]
  /** Matches the lines of the output that are its figure; groups are joined, or the whole match is used. */
  readonly figure: RegExp
}

export interface Result {
  readonly name: string
  readonly verdict: 'passed' | 'failed' | 'skipped'
  readonly figure: string
  readonly seconds: number
}

const script = (path: string, ...args: readonly string[]) => [
  '--import',
  'tsx',
  `test/verification/${path}.ts`,
  ...args,
]
const TALLY = /^\d+ passed, \d+ failed$/gm
const CHAOS = /^(?:double effects|lost acknowledged|differing replies) +\d+$/gm
const JEST = [
  '--disable-warning=ExperimentalWarning',
  '--experimental-vm-modules',
  'node_modules/jest/bin/jest.js',
  '--config',
  'test/verification/jest.config.js',
]

/** Every harness, cheapest first. */
export const harnesses: readonly Harness[] = [
  {
    name: 'dependency-audit',
    args: script('dependency-audit', '--offline'),
    figure: /^\d+ (?:packages locked|findings).*$/gm,
  },
  {
    name: 'explore',
    args: ['--import', 'tsx', 'src/cli/ussd.ts', 'explore', '--quick'],
    figure: /^all menus .*$/gm,
  },
  { name: 'golden-dialogues', args: script('golden-dialogues', '--check'), figure: /^\d+ dialogues.*$/gm },
  {
    name: 'simulation',
    args: script('simulation', '--seeds', '3000'),
    figure: /^.* schedules of seeds .*?(?=;)/gm,
  },
  {
    name: 'simulation-mutants',
    args: script('simulation', '--mutants', '--seeds', '2000'),
    figure: /^\d+ mutants detected, \d+ survived$/gm,
  },
  { name: 'fuzz', args: script('fuzz', '--callbacks', '5000'), figure: TALLY },
  { name: 'chaos', args: script('chaos', '--short', '--redis', 'kill'), figure: CHAOS },
  {
    name: 'chaos-control',
    args: script('chaos', '--short', '--control', '--dialogues', '60'),
    figure: CHAOS,
  },
  { name: 'power-cut', args: script('chaos', '--short', '--redis', 'power-cut'), figure: CHAOS },
  {
    name: 'power-cut-control',
    args: script('chaos', '--short', '--redis', 'power-cut', '--control'),
    figure: CHAOS,
  },
  {
    name: 'cluster',
    args: script('cluster', 'kill-waiting', 'cut-control', '--calm', '1'),
    figure: TALLY,
  },
  {
    name: 'overload',
    args: script('overload', '--quick'),
    figure: /\d+ times the peak: \d[^(\n]*(?= \()/gm,
  },
  { name: 'timing', args: script('timing', '--quick'), figure: TALLY },
  { name: 'harness-tests', args: JEST, figure: /^tests: \d+ passed, \d+ failed$/gm },
]

const NO_FIGURE = 'no figure printed'

/** Returns the matches of a pattern on one line, or a note that there is none. */
export function figureOf(output: string, figure: RegExp): string {
  const found = [...output.matchAll(figure)].map(([match]) => match.trim().replace(/ {2,}/g, ' '))
  return found.join(', ') || NO_FIGURE
}

/** Exit code 2: the harness cannot run on this machine. A harness that prints no figure has checked nothing. */
export function verdictOf(code: number | null, figure: string): Result['verdict'] {
  if (code === 2) return 'skipped'
  return code === 0 && figure !== NO_FIGURE ? 'passed' : 'failed'
}

/** Formats all results as a table, with the totals on the last line. */
export function tableOf(results: readonly Result[]): readonly string[] {
  const width = Math.max(0, ...results.map(({ name }) => name.length))
  const count = (verdict: Result['verdict']) => results.filter((one) => one.verdict === verdict).length
  const rows = results.map(
    ({ name, verdict, seconds, figure }) =>
      `${name.padEnd(width)}  ${verdict.padEnd(7)}  ${seconds.toFixed(0).padStart(4)} s  ${figure}`,
  )
  return ['', ...rows, `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`]
}
