/** `npm run simulate`: runs the gateway on a model of the store, in virtual time, one schedule for each seed. */
import { availableParallelism } from 'node:os'
import { Option } from 'commander'
import { defineCommand, print, wholeNumber } from '../../src/cli/command.ts'
import type { ExitCode } from '../../src/cli/command.ts'
import { printTotals, progress } from '../support/harness.ts'
import { mutantOf, mutants } from './simulation/mutants.ts'
import { forms } from './simulation/plan.ts'
import type { Form } from './simulation/plan.ts'
import { planOf } from './simulation/schedule.ts'
import { Pool } from './simulation/pool.ts'
import { describeDetections, describePlan, describeViolation } from './simulation/report.ts'
import type { Detection } from './simulation/report.ts'
import { run } from './simulation/run.ts'
import { shrink } from './simulation/shrink.ts'
import { addTo, zeroTotals } from './simulation/task.ts'
import type { Task } from './simulation/task.ts'

interface Options {
  readonly seeds?: number
  readonly from: number
  readonly workers: number
  readonly form?: Form
  readonly mutant?: string
  readonly seed?: number
  readonly trace?: true
  readonly mutants?: true
}

const SEEDS = 20_000
const MUTANT_SEEDS = 50_000
const MAX_NUMBER = 999_999_999
const BATCH = 50
const PROGRESS_MS = 5000
/** One defect breaks many schedules; the first few identify it. */
const MAX_SHOWN = 3

const withSpaces = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ' ')

const only = ({ form, mutant }: Options): Pick<Task, 'form' | 'mutant'> => ({
  ...(form !== undefined && { form }),
  ...(mutant !== undefined && { mutant }),
})

async function runSeeds(pool: Pool, options: Options): Promise<ExitCode> {
  const { from, seeds = SEEDS } = options
  const totals = zeroTotals()
  const broken: number[] = []
  const startedMs = performance.now()
  const speed = () => Math.round((totals.schedules * 1000) / (performance.now() - startedMs))
  const counts = () => `${withSpaces(totals.schedules)} of ${withSpaces(seeds)}`
  const timer = setInterval(
    () => progress(`${counts()}, ${speed()} a second, ${broken.length} failed`),
    PROGRESS_MS,
  )

  function* tasks(): Generator<Task> {
    for (let at = from; at < from + seeds; at += BATCH)
      yield { from: at, count: Math.min(BATCH, from + seeds - at), until: 'end', ...only(options) }
  }
  await pool.runAll(tasks(), (result) => {
    addTo(totals, result.totals)
    for (const { seed, rule } of result.violations) {
      broken.push(seed)
      // A long run may take hours to end.
      progress(`seed ${seed} breaks a promise: ${rule}`)
    }
  })
  clearInterval(timer)

  for (const seed of broken.toSorted((a, b) => a - b).slice(0, MAX_SHOWN)) await printShrunk(seed, options)
  print(
    `${withSpaces(totals.schedules)} schedules of seeds ${from} to ${from + seeds - 1}: ${withSpaces(totals.events)} events, ` +
      `${withSpaces(totals.callbacks)} callbacks answered, ${withSpaces(totals.commits)} commits; ` +
      `${speed()} schedules a second in ${options.workers} processes`,
  )
  return printTotals(totals.schedules - broken.length, broken.length)
}

/** Prints the promise that a seed breaks, with the shortest schedule. */
async function printShrunk(seed: number, { form, mutant }: Options): Promise<void> {
  const variant = mutantOf(mutant)
  const plan = planOf(seed, form)
  const { violation } = await run(plan, variant)
  if (!violation) return
  const flags = `${form === undefined ? '' : ` --form ${form}`}${mutant === undefined ? '' : ` --mutant '${mutant}'`}`
  print(...describeViolation(seed, flags, await shrink(plan, variant, violation)), '')
}

async function replay(seed: number, options: Options): Promise<ExitCode> {
  const plan = planOf(seed, options.form)
  const result = await run(plan, mutantOf(options.mutant), 'trace')
  if (options.trace)
    print(...describePlan(plan), ...result.trace.map((line) => line.replaceAll('\n', ' / ')), '')
  else if (result.violation) await printShrunk(seed, options)
  return result.violation ? printTotals(0, 1) : printTotals(1, 0)
}

/** Runs every mutant in mixed schedules, and in each form where its rule matters. */
async function runMutants(pool: Pool, options: Options): Promise<ExitCode> {
  const limit = options.seeds ?? MUTANT_SEEDS
  const tasks = mutants.flatMap(({ name, forms: some = forms }) =>
    [undefined, ...some].map((form): Task => ({
      from: options.from,
      count: limit,
      mutant: name,
      until: 'violation',
      ...(form !== undefined && { form }),
    })),
  )
  const detections: Detection[] = []
  await pool.runAll(tasks, ({ violations: [first] }, { mutant = '', form }) => {
    detections.push({ mutant, where: form ?? 'all forms', seed: first?.seed, rule: first?.rule })
    progress(`${detections.length} of ${tasks.length}`)
  })
  const order = (where: string) => ['all forms', ...forms].indexOf(where)
  const sorted = detections.toSorted((a, b) => order(a.where) - order(b.where))
  const survivors = new Set(detections.filter(({ seed }) => seed === undefined).map(({ mutant }) => mutant))
  print(
    ...describeDetections(sorted, limit),
    `${mutants.length - survivors.size} mutants detected, ${survivors.size} survived`,
  )
  return survivors.size === 0 ? 0 : 1
}

const command = defineCommand<Options>({
  name: 'simulate',
  program: 'npm run',
  summary: 'Runs the gateway on a model of the store, in virtual time, one schedule for each seed.',
  configure: (command) =>
    command
      .option(
        '--seeds <number>',
        `number of schedules (default: ${SEEDS}; ${MUTANT_SEEDS} for each mutant)`,
        wholeNumber(0, MAX_NUMBER),
      )
      .option('--from <seed>', 'first seed', wholeNumber(0, MAX_NUMBER), 0)
      .option('--workers <number>', 'number of worker processes', wholeNumber(1, 256), availableParallelism())
      .addOption(new Option('--form <form>', 'use only dialogues of this form').choices(forms))
      .option('--seed <seed>', 'replay one schedule', wholeNumber(0, MAX_NUMBER))
      .option('--trace', 'with --seed: print every event')
      .option('--mutants', 'remove one rule at a time; the simulation must detect every mutant')
      .addOption(new Option('--mutant <name>', 'remove one rule').choices(mutants.map(({ name }) => name))),
  details: `A schedule is a few dialogues, two gateways, one store and the faults between them: late, duplicated and reordered
callbacks, lost commands and replies, crashed or paused gateways, clock jumps. The seed decides everything. A broken promise
is printed with the shortest schedule that shows it.

Examples:
  npm run simulate -- --seeds 1000000 --workers 2
  npm run simulate -- --seed 4711 --trace
  npm run simulate -- --mutants
  npm run simulate -- --mutant 'no receipts' --seed 7 --trace`,
  exitCodes: { 0: 'all promises hold and all mutants are detected', 1: 'otherwise' },
  async run(options) {
    if (options.seed !== undefined) return replay(options.seed, options)
    const pool = new Pool(options.workers)
    try {
      return options.mutants ? await runMutants(pool, options) : await runSeeds(pool, options)
    } finally {
      pool.close()
    }
  },
})
await command.run(process.argv.slice(2))
