/** The short form of one harness. */
export interface Harness {
  readonly name: string
  /** Arguments of Node. */
  readonly args: readonly string[]
  /** Matches each part of the output that belongs to its figure. */
  readonly figure: RegExp
}

export interface Result {
  readonly name: string
  readonly verdict: 'passed' | 'failed' | 'skipped'
  readonly figure: string
  readonly seconds: number
}

/** `command` is the program and its options, without the path of the program. */
function harness(name: string, command: string, figure: RegExp): Harness {
  const [program, ...options] = command.split(' ')
  return { name, args: ['--import', 'tsx', `test/verification/${program}.ts`, ...options], figure }
}

const TALLY = /^\d+ passed, \d+ failed$/gm
const CHAOS = /^(?:double effects|lost acknowledged|differing replies) +\d+$/gm
const JEST = '--disable-warning=ExperimentalWarning --experimental-vm-modules node_modules/jest/bin/jest.js'

/** Every harness, cheapest first. */
export const harnesses: readonly Harness[] = [
  harness('dependency-audit', 'dependency-audit --offline', /^\d+ (?:packages locked|findings).*$/gm),
  {
    name: 'explore',
    args: ['--import', 'tsx', 'src/cli/ussd.ts', 'explore', '--quick'],
    figure: /^all menus .*$/gm,
  },
  // The transcript has totals of its own: the last one counts.
  harness('package', 'package', /^\d+ passed, \d+ failed$(?![^]*^\d+ passed)/gm),
  harness('golden-dialogues', 'golden-dialogues --check', /^\d+ dialogues.*$/gm),
  harness('simulation', 'simulation --seeds 3000', /^.* schedules of seeds .*?(?=;)/gm),
  harness(
    'simulation-mutants',
    'simulation --mutants --seeds 2000',
    /^\d+ mutants detected, \d+ survived$/gm,
  ),
  harness('fuzz', 'fuzz --callbacks 5000', TALLY),
  harness('chaos', 'chaos --short --redis kill', CHAOS),
  harness('chaos-control', 'chaos --short --control --dialogues 60', CHAOS),
  harness('power-cut', 'chaos --short --redis power-cut', CHAOS),
  harness('power-cut-control', 'chaos --short --redis power-cut --control', CHAOS),
  harness('cluster', 'cluster kill-waiting cut-control --calm 1', TALLY),
  harness('overload', 'overload --quick', /\d+ times the peak: \d[^(\n]*(?= \()/gm),
  harness('timing', 'timing --quick', TALLY),
  {
    name: 'harness-tests',
    args: [...JEST.split(' '), '--config', 'test/verification/jest.config.js'],
    figure: /^tests: \d+ passed, \d+ failed$/gm,
  },
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
