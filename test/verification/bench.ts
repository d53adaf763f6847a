/** `npm run bench`: measures the gateway, two floors and two peer libraries side by side on a real Redis. */
import { writeFile } from 'node:fs/promises'
import { Option } from 'commander'
import { defineCommand, messageOf, print, wholeNumber } from '../../src/cli/command.ts'
import type { ExitCode } from '../../src/cli/command.ts'
import { createRandom } from '../../src/simulator/random.ts'
import { withCleanup } from '../support/cleanup.ts'
import type { Defer } from '../support/cleanup.ts'
import { printTotals, progress } from '../support/harness.ts'
import { measureBurst } from './bench/burst.ts'
import { startEnvironment } from './bench/environment.ts'
import type { Environment } from './bench/environment.ts'
import { goalsOf, isMet } from './bench/goals.ts'
import type { Measured } from './bench/goals.ts'
import { measurePasswords } from './bench/passwords.ts'
import { countSecretCommands, fillWithSessions, measureSizes } from './bench/records.ts'
import { detailLines, goalTable, variantTable } from './bench/report.ts'
import { describeMachine, loadNow, resultOf } from './bench/result.ts'
import { ratiosOf, runRounds, spreadOf } from './bench/rounds.ts'
import type { Round } from './bench/rounds.ts'
import { redisOf, variants } from './bench/variants.ts'
import type { Variant } from './bench/variants.ts'

interface Options {
  readonly quick?: true
  readonly rounds?: number
  readonly only?: readonly string[]
  readonly seed: number
  readonly out?: string
}

const ROUNDS = 14
const QUICK_ROUNDS = 6
/** A burst takes about half a second: long enough for a clock of CPU time, short enough for rounds of all variants. */
const BURST_TURNS = 2560
const QUICK_BURST_TURNS = 1024
/**
 * Turns of each server before the first round. V8 compiles a server and grows its heap during the first 20,000 turns; until
 * then a turn takes up to twice as long.
 */
const WARM_UP_TURNS = 24_000
const QUICK_WARM_UP_TURNS = 14_000

async function main(options: Options): Promise<ExitCode> {
  const { quick, only, out } = options
  const startedAt = new Date()
  const loadAtStart = loadNow()
  const chosen = variants.filter(({ name, quick: isQuick }) =>
    only ? only.includes(name) : !quick || isQuick,
  )
  const { measured, machine } = await withCleanup(async (defer) => {
    const environment = await startAll(chosen, options, defer)
    return {
      machine: await describeMachine(environment.redis.main.redis, environment.pinning, loadAtStart),
      measured: await measure(environment, chosen, options),
    }
  })

  const goals = goalsOf(measured)
  const baseline = ratiosOf(measured.rounds, 'ours-copy', 'ours')
  print(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}, Redis ${machine.redis}`)
  print(`${machine.pinning} Load at the start: ${machine.loadAtStart.toFixed(1)}.`)
  print(`${measured.rounds.length} interleaved rounds; medians, ratios of the same round.`, '')
  print(...variantTable(measured, chosen), '')
  print(...detailLines(measured), '')
  print(...goalTable(goals, baseline.length > 0 ? spreadOf(baseline) : undefined), '')
  if (out !== undefined) {
    const seconds = (Date.now() - startedAt.getTime()) / 1000
    const run = { machine, variants: chosen, goals, startedAt, seconds, loadAtEnd: loadNow() }
    await writeFile(out, `${JSON.stringify(resultOf(measured, run), null, 2)}\n`)
  }
  const verdicts = goals.map(isMet)
  const count = (verdict: boolean) => verdicts.filter((one) => one === verdict).length
  return printTotals(count(true), count(false))
}

/** Starts the servers of the variants, and fills the two Redis servers that hold live sessions. */
async function startAll(chosen: readonly Variant[], options: Options, defer: Defer): Promise<Environment> {
  const names = new Set(chosen.map(({ server }) => server))
  // These two also serve the measurements outside the rounds.
  if (!options.only || names.has('sessions-1k') || names.has('sessions-1m')) names.add('ours')
  if (!options.only) names.add('passwords')
  const environment = await startEnvironment([...names], { defer, progress })
  const fill = async (server: string, redis: 'thousand' | 'million', count: number) => {
    if (!names.has(server)) return
    progress(`writing ${count} sessions`)
    await fillWithSessions(environment, environment.redis[redis].redis, count)
  }
  await fill('sessions-1k', 'thousand', 1000)
  await fill('sessions-1m', 'million', 1_000_000)
  return environment
}

async function measure(
  environment: Environment,
  chosen: readonly Variant[],
  options: Options,
): Promise<Measured> {
  const { quick, only, seed, rounds: count = quick ? QUICK_ROUNDS : ROUNDS } = options
  const random = createRandom(seed)
  const details = only
    ? {}
    : { sizes: await measureSizes(environment), secretCommands: await countSecretCommands(environment) }
  const rounds = await measureRounds(environment, chosen, {
    rounds: count,
    turns: quick ? QUICK_BURST_TURNS : BURST_TURNS,
    warmUp: quick ? QUICK_WARM_UP_TURNS : WARM_UP_TURNS,
    random,
  })
  if (only || quick) return { rounds, ...details }
  progress('password sets beside plain turns')
  return { rounds, ...details, passwords: await measurePasswords(environment, { rounds: count, random }) }
}

async function measureRounds(
  environment: Environment,
  chosen: readonly Variant[],
  options: {
    readonly rounds: number
    readonly turns: number
    readonly warmUp: number
    readonly random: () => number
  },
): Promise<readonly Round[]> {
  const byName = new Map(chosen.map((variant) => [variant.name, variant]))
  const burst = (name: string) => {
    const variant = byName.get(name) as Variant
    return measureBurst({
      server: environment.server(variant.server),
      redis: environment.redis[redisOf(variant)],
      token: environment.token,
      script: variant.script,
      turns: options.turns,
      scripted: environment.isGateway(variant.server),
      onError: (message) => progress(`${name}: ${message}`),
    })
  }
  progress('warming up')
  for (const server of new Set(chosen.map((variant) => variant.server))) {
    const served = chosen.filter((variant) => variant.server === server)
    for (let turns = 0, at = 0; turns < options.warmUp; at++) {
      const { name } = served[at % served.length] as Variant
      turns += (await burst(name)).turns
    }
  }
  return runRounds([...byName.keys()], {
    rounds: options.rounds,
    random: options.random,
    measure: burst,
    onRound: (round) => progress(`round ${round} of ${options.rounds}`),
  })
}

const command = defineCommand<Options>({
  name: 'bench',
  program: 'npm run',
  summary: 'Measures the gateway, two floors and two peer libraries side by side on a real Redis.',
  configure: (command) =>
    command
      .option('--quick', `${QUICK_ROUNDS} rounds of the main variants, under two minutes on an idle machine`)
      .option(
        '--rounds <number>',
        `rounds (default: ${ROUNDS}; 12 or more for figures to quote)`,
        wholeNumber(1, 1000),
      )
      .addOption(
        new Option('--only <names...>', 'measure these variants, in rounds only').choices(
          variants.map(({ name }) => name),
        ),
      )
      .option(
        '--seed <number>',
        'decides the order of the variants in each round',
        wholeNumber(0, 999_999),
        1,
      )
      .option('--out <file>', 'write the result as JSON'),
  details: `The figure is the CPU time of the server process for one turn. Every round visits all variants in random order; only
figures of the same round are compared. 64 connections, closed loop; every answer is checked. Docs: docs/explanation/performance.md.`,
  exitCodes: { 0: 'all measured goals met', 1: 'a goal missed, or the bench failed' },
  messageOf,
  run: main,
})
await command.run(process.argv.slice(2))
