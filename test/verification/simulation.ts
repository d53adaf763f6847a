/** npm run simulate: the gateway on a model of the store, in virtual time, on one schedule for each seed. */
import { availableParallelism } from 'node:os'
import { stderr, stdout } from 'node:process'
import { Command, InvalidArgumentError, Option } from 'commander'
import { runCommand } from '../../src/cli/command.ts'
import { CommandError } from '../../src/cli/command-error.ts'
import { mutantOf, mutants } from './simulation/mutants.ts'
import { forms, planOf } from './simulation/schedule.ts'
import type { Form } from './simulation/schedule.ts'
import { createPool } from './simulation/pool.ts'
import type { Pool } from './simulation/pool.ts'
import { describeDeaths, describePlan, describeViolation } from './simulation/report.ts'
import type { Death } from './simulation/report.ts'
import { run } from './simulation/run.ts'
import { shrink } from './simulation/shrink.ts'
import type { Task } from './simulation/task.ts'

interface Given {
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
const BATCH = 50
const PROGRESS_MS = 5000
/** A defect breaks a promise in many schedules: the first ones say what it is. */
const SHOWN = 3

function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('It is a whole number.')
  return Number(value)
}

const command = new Command('npm run simulate --')
  .usage('[options]')
  .description('Runs the gateway on a model of the store, in virtual time, on one schedule for each seed.')
  .option(
    '--seeds <number>',
    `how many schedules (default: ${SEEDS}; ${MUTANT_SEEDS} for each mutant)`,
    wholeNumber,
  )
  .option('--from <seed>', 'the first seed', wholeNumber, 0)
  .option('--workers <number>', 'how many processes', wholeNumber, availableParallelism())
  .addOption(new Option('--form <form>', 'dialogues of this form alone').choices(forms))
  .option('--seed <seed>', 'one schedule', wholeNumber)
  .option('--trace', 'with --seed: everything that happens in it')
  .option('--mutants', 'leaves the rules out one by one: each must be missed')
  .addOption(new Option('--mutant <name>', 'leaves one rule out').choices(mutants.map(({ name }) => name)))
  .addHelpText(
    'after',
    `
A schedule is some dialogues, two gateways and one store, and what goes wrong between them: copies, late and out of order,
commands and answers lost, gateways that crash or stand still, time that passes. Nothing but the seed decides. What does not
hold is printed with the shortest schedule that shows it.

Examples:
  npm run simulate -- --seeds 1000000 --workers 2
  npm run simulate -- --seed 4711 --trace
  npm run simulate -- --mutants
  npm run simulate -- --mutant 'no receipts' --seed 7 --trace

Exit code: 0 all of it holds, 1 something does not, 2 called wrongly.`,
  )
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride()

const print = (...lines: readonly string[]) => void stdout.write(lines.map((line) => `${line}\n`).join(''))
const counted = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ' ')

async function main(): Promise<boolean> {
  command.parse()
  const given = command.opts<Given>()
  if (given.workers < 1) throw new CommandError('--workers is at least 1', 2)
  if (given.seed !== undefined) return replay(given.seed, given)
  const pool = createPool(given.workers)
  try {
    return given.mutants ? await killAll(pool, given) : await runAll(pool, given)
  } finally {
    pool.close()
  }
}

const only = ({ form, mutant }: Given): Pick<Task, 'form' | 'mutant'> => ({
  ...(form !== undefined && { form }),
  ...(mutant !== undefined && { mutant }),
})

async function runAll(pool: Pool, given: Given): Promise<boolean> {
  const { from, seeds = SEEDS } = given
  const done = { schedules: 0, events: 0, callbacks: 0, commits: 0 }
  const broken: number[] = []
  const startedMs = performance.now()
  const speed = () => Math.round((done.schedules * 1000) / (performance.now() - startedMs))
  const timer = setInterval(() => {
    stderr.write(
      `${counted(done.schedules)} of ${counted(seeds)}, ${speed()} a second, ${broken.length} failed\n`,
    )
  }, PROGRESS_MS)

  function* tasks(): Generator<Task> {
    for (let at = from; at < from + seeds; at += BATCH)
      yield { from: at, count: Math.min(BATCH, from + seeds - at), until: 'end', ...only(given) }
  }
  await pool.carryOut(tasks(), (some) => {
    done.schedules += some.schedules
    done.events += some.events
    done.callbacks += some.callbacks
    done.commits += some.commits
    for (const { seed, rule } of some.violations) {
      broken.push(seed)
      // A long run is not waited for.
      stderr.write(`seed ${seed} breaks a promise: ${rule}\n`)
    }
  })
  clearInterval(timer)

  for (const seed of broken.toSorted((a, b) => a - b).slice(0, SHOWN)) await show(seed, given)
  print(
    `${counted(done.schedules)} schedules of seeds ${from} to ${from + seeds - 1}: ${counted(done.events)} events, ` +
      `${counted(done.callbacks)} callbacks answered, ${counted(done.commits)} commits; ` +
      `${speed()} schedules a second in ${given.workers} processes`,
    `${done.schedules - broken.length} passed, ${broken.length} failed`,
  )
  return broken.length === 0
}

/** What a seed breaks, in the shortest schedule. */
async function show(seed: number, { form, mutant }: Given): Promise<void> {
  const variant = mutant === undefined ? {} : (mutantOf(mutant) ?? {})
  const plan = planOf(seed, form)
  const { violation } = await run(plan, variant)
  if (!violation) return
  const how = `${form === undefined ? '' : ` --form ${form}`}${mutant === undefined ? '' : ` --mutant '${mutant}'`}`
  print(...describeViolation(seed, how, await shrink(plan, variant, violation)), '')
}

async function replay(seed: number, given: Given): Promise<boolean> {
  const { form, mutant, trace } = given
  const variant = mutant === undefined ? {} : (mutantOf(mutant) ?? {})
  const plan = planOf(seed, form)
  const ran = await run(plan, variant, 'trace')
  if (trace) print(...describePlan(plan), ...ran.trace.map((line) => line.replaceAll('\n', ' / ')), '')
  else if (ran.violation) await show(seed, given)
  print(ran.violation ? '0 passed, 1 failed' : '1 passed, 0 failed')
  return ran.violation === undefined
}

/** Each mutant in the schedules as they are, and in every form where it makes a difference. */
async function killAll(pool: Pool, given: Given): Promise<boolean> {
  const limit = given.seeds ?? MUTANT_SEEDS
  const tasks = mutants.flatMap(({ name, forms: some = forms }) =>
    [undefined, ...some].map((form): Task => ({
      from: given.from,
      count: limit,
      mutant: name,
      until: 'violation',
      ...(form !== undefined && { form }),
    })),
  )
  const deaths: Death[] = []
  await pool.carryOut(tasks, ({ violations: [first] }, { mutant = '', form }) => {
    deaths.push({ mutant, where: form ?? 'all forms', seed: first?.seed, rule: first?.rule })
    stderr.write(`${deaths.length} of ${tasks.length}\n`)
  })
  const order = (where: string) => ['all forms', ...forms].indexOf(where)
  print(
    ...describeDeaths(
      deaths.toSorted((a, b) => order(a.where) - order(b.where)),
      limit,
    ),
  )
  const alive = deaths.filter(({ seed }) => seed === undefined).length
  print(`${deaths.length - alive} passed, ${alive} failed`)
  return alive === 0
}

await runCommand('simulate', async () => ((await main()) ? 0 : 1))
