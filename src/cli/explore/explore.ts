/** Explores menus: replays every dialogue of the model on real gateways over HTTP, and checks the invariants. */
import { Writable } from 'node:stream'
import type { Language } from '../../engine/authoring.ts'
import type { Menu } from '../../engine/menu.ts'
import type { ServedProject } from '../../project.ts'
import type { Services } from '../../gateway/effects.ts'
import { coverageOf } from '../../menu-analysis/coverage/coverage.ts'
import type { MenuCoverage } from '../../menu-analysis/coverage/coverage.ts'
import { watch } from '../../menu-analysis/coverage/watch.ts'
import { planFor } from '../../exploration/plan.ts'
import { findingsOf, replay, replayAll, violationsIn } from '../../exploration/replay.ts'
import type { Job, Replay, Replayed } from '../../exploration/replay.ts'
import type { ModelSpec } from '../../exploration/model-spec.ts'
import { servedCode } from '../../exploration/script.ts'
import { shortest, violationOf } from '../../exploration/violation.ts'
import type { Violation } from '../../exploration/violation.ts'
import { createNumbers } from '../../ussd/example-number.ts'
import { createGateways } from './gateways.ts'
import { createSearch, leaksInLog, leaksInStore } from './leaks.ts'
import type { Leak } from './leaks.ts'
import type { ExplorationStore } from './stores.ts'

export interface ExplorationResult<World> {
  readonly paths: number
  readonly passed: number
  /** Failed paths, and violations found outside of any path. */
  readonly failed: number
  readonly turns: number
  /** Distinct texts. */
  readonly measured: number
  /** Records and lines of the log that were searched for secrets. */
  readonly searched: { readonly records: number; readonly lines: number }
  readonly coverage: readonly MenuCoverage[]
  readonly violations: readonly Violation<World>[]
  /** Origins with more paths than `limit`. */
  readonly leftOut: readonly string[]
  /** Paths that failed once and passed when replayed alone, because the machine was busy. */
  readonly unsteady: readonly string[]
}

export interface ExplorationOptions<World> {
  readonly project: ServedProject
  readonly specs: readonly ModelSpec<World>[]
  readonly languages: readonly Language[]
  /** Maximum paths per menu, language and origin. */
  readonly limit: number
  readonly seed: number
  readonly store: ExplorationStore
  readonly envOf?: (setting: string | undefined) => Readonly<Record<string, string>>
  /** Wraps the services, to test the exploration with faulty ones. */
  readonly wrapServices?: (services: Services) => Services
  readonly progress: (line: string) => void
}

/** Concurrent dialogues: some run while others wait for a hash. More would keep logins waiting too long. */
const PARALLEL = 4

/** Failed paths to shorten; more show nothing new. */
const MAX_SHORTENED = 10

const PROGRESS_INTERVAL_MS = 3000

export async function explore<World>(options: ExplorationOptions<World>): Promise<ExplorationResult<World>> {
  const { project, specs, store, languages } = options
  const { notUnderstood } = project.messages
  const plan = planFor(specs, { ...options, notUnderstood, latin: project.latin })
  const menus: Record<string, Menu> = Object.fromEntries(
    specs.map(({ menu: { code, machine, screens } }) => [code, { machine, screens }]),
  )
  const watched = watch(menus)
  const log: string[] = []
  const gateways = createGateways({
    store: store.store,
    project: {
      ...project,
      codes: Object.fromEntries(
        Object.entries(watched.menus).map(([code, menu]) => [servedCode(code), menu]),
      ),
    },
    envOf: options.envOf ?? (() => ({})),
    wrapServices: options.wrapServices,
    logStream: lineCollector(log),
  })
  const how = { newNumber: createNumbers(project.numbering), walk: gateways.walk, notUnderstood }
  try {
    const walked = await walkAll(plan.jobs, how, options.progress)
    const { violations, failed, unsteady } = await shortenAll(walked, how)
    options.progress('searching the store and the log for secrets')
    const search = createSearch(specs.flatMap(({ inputs }) => inputs))
    const inStore = await leaksInStore(store.storedTexts(), search)
    const leaks = leakViolations([...inStore.leaks, ...leaksInLog(log, search)], walked.jobs)
    return {
      paths: plan.jobs.length,
      passed: plan.jobs.length - failed,
      failed: failed + shortest([...plan.violations, ...leaks]).length,
      turns: walked.turns,
      measured: plan.measured,
      searched: { records: inStore.texts, lines: log.length },
      coverage: watched.coverage().map((menu) => inLanguages(menu, languages)),
      violations: [...plan.violations, ...violations, ...leaks],
      leftOut: plan.leftOut,
      unsteady,
    }
  } finally {
    await gateways.close()
  }
}

interface Walked<World> {
  /** By the digits of the MSISDN that walked it. */
  readonly jobs: Map<string, Job<World>>
  readonly failed: readonly Replayed<World>[]
  readonly turns: number
}

async function walkAll<World>(
  planned: readonly Job<World>[],
  how: Replay,
  progress: (line: string) => void,
): Promise<Walked<World>> {
  const jobs = new Map<string, Job<World>>()
  const failed: Replayed<World>[] = []
  let turns = 0
  let reportedMs = performance.now()

  const onReplayed = (replayed: Replayed<World>) => {
    const { job, msisdn, result } = replayed
    jobs.set(msisdn.slice(1), job)
    turns += result.steps.filter(({ seen }) => seen?.kind === 'screen').length
    if (findingsOf(replayed, how).length > 0) failed.push(replayed)
    if (performance.now() - reportedMs < PROGRESS_INTERVAL_MS) return
    reportedMs = performance.now()
    progress(`${formatCount(jobs.size)} of ${formatCount(planned.length)} paths, ${nameOf(job)}`)
  }
  await replayAll(planned, { ...how, parallel: PARALLEL, onReplayed })
  return { jobs, failed, turns }
}

/** Replays failed paths alone, the shortest first, and shortens those that fail again. */
async function shortenAll<World>(
  { jobs, failed }: Walked<World>,
  how: Replay,
): Promise<{
  readonly violations: readonly Violation<World>[]
  readonly failed: number
  readonly unsteady: readonly string[]
}> {
  const violations: Violation<World>[] = []
  const unsteady: string[] = []
  let shortened = 0
  for (const replayed of failed.toSorted((a, b) => a.job.moves.length - b.job.moves.length)) {
    if (shortened === MAX_SHORTENED) break
    const again = await replay(replayed.job, how)
    jobs.set(again.msisdn.slice(1), again.job)
    const found = await violationsIn(again, how)
    violations.push(...found)
    if (found.length > 0) {
      shortened += 1
      continue
    }
    const [first] = findingsOf(replayed, how)
    unsteady.push(`${replayed.walkthrough.title}: ${first?.detail ?? 'it failed'}`)
  }
  return { violations, failed: failed.length - unsteady.length, unsteady }
}

/** Drops the texts of languages that were not explored. */
const inLanguages = (menu: MenuCoverage, languages: readonly Language[]): MenuCoverage =>
  coverageOf(menu.code, {
    ...menu,
    texts: menu.texts.filter(({ name }) => languages.some((language) => name.endsWith(`/${language}`))),
  })

/** Each leak with the shortest dialogue in which its secret was typed. */
function leakViolations<World>(
  leaks: readonly Leak[],
  walked: ReadonlyMap<string, Job<World>>,
): readonly Violation<World>[] {
  const jobs = [...walked.values()].toSorted((a, b) => a.moves.length - b.moves.length)
  const types = ({ moves }: Job<World>, name: string) => moves.some(({ input }) => input?.name === name)
  return leaks.flatMap(({ input, where, msisdn, menu }) => {
    const owner = msisdn === undefined ? undefined : walked.get(msisdn)
    const job =
      owner ??
      jobs.find(
        (each) =>
          types(each, input) && (menu === undefined || menu === servedCode(each.model.subject.menu.code)),
      )
    if (!job) return []
    const typed = job.moves.findIndex((move) => move.input?.name === input)
    const moves = typed < 0 ? job.moves : job.moves.slice(0, typed + 1)
    return [
      violationOf(
        job,
        { invariant: 'no-secret', detail: `${where} contains what was typed as ${input}` },
        moves,
      ),
    ]
  })
}

function lineCollector(lines: string[]): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
}

const nameOf = <World>({ model, origin }: Job<World>): string =>
  `${model.subject.menu.code} ${model.language}, ${origin.name}`

/** `1 904` */
export const formatCount = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ' ')
