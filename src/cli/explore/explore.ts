/** Menus are explored: every dialogue of the model is replayed on real gateways over HTTP, and all that must hold is looked at. */
import { Writable } from 'node:stream'
import type { Language } from '../../engine/authoring.ts'
import type { Menu } from '../../engine/menu.ts'
import type { Services } from '../../gateway/effects.ts'
import { systemMessages } from '../../gateway/system-messages.ts'
import { createRedisStore } from '../../store/redis/store.ts'
import { coverageOf } from '../../menu-analysis/coverage/coverage.ts'
import type { MenuCoverage } from '../../menu-analysis/coverage/coverage.ts'
import { watch } from '../../menu-analysis/coverage/watch.ts'
import { planFor } from '../../exploration/plan.ts'
import { findingsOf, replay, replayAll, violationsIn } from '../../exploration/replay.ts'
import type { Job, Replayed } from '../../exploration/replay.ts'
import type { ModelSpec } from '../../exploration/model-spec.ts'
import { shortest, violationOf } from '../../exploration/violation.ts'
import type { Violation } from '../../exploration/violation.ts'
import { createGateways } from './gateways.ts'
import { createSearch, leaksInFiles, leaksInLog, leaksInRedis } from './leaks.ts'
import type { Leak, Redis } from './leaks.ts'

/** What came out of an exploration. */
export interface Explored<World> {
  readonly paths: number
  readonly passed: number
  /** Paths, and what does not hold apart from them. */
  readonly failed: number
  readonly turns: number
  /** Different texts. */
  readonly measured: number
  /** Keys and lines of the log that were searched for secrets. */
  readonly searched: { readonly keys: number; readonly lines: number }
  readonly coverage: readonly MenuCoverage[]
  readonly violations: readonly Violation<World>[]
  readonly leftOut: readonly string[]
  /** Paths that failed, and passed when they were walked again with nothing beside them: the machine was too busy. */
  readonly unsteady: readonly string[]
}

export interface Exploring<World> {
  readonly subjects: readonly ModelSpec<World>[]
  readonly languages: readonly Language[]
  readonly limit: number
  readonly seed: number
  readonly redis: Redis
  /** The folder of a Redis that nobody else uses. */
  readonly folder?: string | undefined
  readonly envOf?: (setting: string | undefined) => Readonly<Record<string, string>>
  /** Services that are broken, for trying the exploration out. */
  readonly wrapServices?: (services: Services) => Services
  readonly progress: (line: string) => void
}

/** Dialogues at the same time: while one waits for a hash, others go on. More would keep logins waiting too long. */
const PARALLEL = 4

/** Failed runs that are made short; more tell nothing new. */
const MOST_MADE_SHORT = 10

const PROGRESS_MS = 3000

export async function explore<World>(options: Exploring<World>): Promise<Explored<World>> {
  const { subjects, redis, progress } = options
  const { notUnderstood } = systemMessages
  const plan = planFor(subjects, { ...options, notUnderstood })
  const menus: Record<string, Menu> = Object.fromEntries(
    subjects.map(({ menu: { code, machine, screens } }) => [code, { machine, screens }]),
  )
  const watched = watch(menus)
  const log: string[] = []
  const store = createRedisStore(redis)
  const gateways = createGateways({
    store,
    menus: watched.menus,
    envOf: options.envOf ?? (() => ({})),
    wrapServices: options.wrapServices,
    logStream: keepingLines(log),
  })
  const how = { newNumber: createNumbers(), walk: gateways.walk, notUnderstood }
  const walked = new Map<string, Job<World>>()
  const failed: Replayed<World>[] = []
  let turns = 0
  let told = performance.now()

  const took = (replayed: Replayed<World>) => {
    const { job, msisdn, result } = replayed
    walked.set(msisdn.slice(1), job)
    turns += result.steps.filter(({ seen }) => seen?.kind === 'screen').length
    if (findingsOf(replayed, how).length > 0) failed.push(replayed)
    if (performance.now() - told < PROGRESS_MS) return
    told = performance.now()
    progress(`${counted(walked.size)} of ${counted(plan.jobs.length)} paths, ${nameOf(job)}`)
  }

  const violations: Violation<World>[] = [...plan.violations]
  const leaks: Violation<World>[] = []
  const unsteady: string[] = []
  let keys = 0
  try {
    await replayAll(plan.jobs, { ...how, parallel: PARALLEL, took })
    let madeShort = 0
    for (const replayed of sorted(failed)) {
      if (madeShort === MOST_MADE_SHORT) break
      const again = await replay(replayed.job, how)
      walked.set(again.msisdn.slice(1), again.job)
      const found = await violationsIn(again, how)
      violations.push(...found)
      if (found.length > 0) {
        madeShort += 1
        continue
      }
      failed.splice(failed.indexOf(replayed), 1)
      const [first] = findingsOf(replayed, how)
      unsteady.push(`${replayed.walkthrough.title}: ${first?.what ?? 'it failed'}`)
    }

    progress('looking for secrets in the store and in the log')
    const search = createSearch(subjects.flatMap(({ inputs }) => inputs))
    const stored = await leaksInRedis(redis, search)
    keys = stored.keys
    const inFiles = options.folder === undefined ? [] : await leaksInFiles(options.folder, search)
    // What is found in a record is in the file, too.
    const onlyInFiles = inFiles.filter(({ input }) => !stored.leaks.some((leak) => leak.input === input))
    leaks.push(...leaked([...stored.leaks, ...onlyInFiles, ...leaksInLog(log, search)], walked))
    violations.push(...leaks)
  } finally {
    await gateways.close()
  }
  return {
    paths: plan.jobs.length,
    passed: plan.jobs.length - failed.length,
    failed: failed.length + shortest([...plan.violations, ...leaks]).length,
    turns,
    measured: plan.measured,
    searched: { keys, lines: log.length },
    coverage: watched.coverage().map((menu) => inLanguages(menu, options.languages)),
    violations,
    leftOut: plan.leftOut,
    unsteady,
  }
}

/** Texts of other languages are not missed. */
const inLanguages = (menu: MenuCoverage, languages: readonly Language[]): MenuCoverage =>
  coverageOf(menu.code, {
    ...menu,
    texts: menu.texts.filter(({ name }) => languages.some((language) => name.endsWith(`/${language}`))),
  })

/** The shortest dialogues first. */
const sorted = <World>(failed: readonly Replayed<World>[]): readonly Replayed<World>[] =>
  failed.toSorted((a, b) => a.job.moves.length - b.job.moves.length)

/** Each leak with the shortest dialogue in which that was typed. */
function leaked<World>(
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
          types(each, input) && (menu ?? each.model.subject.menu.code) === each.model.subject.menu.code,
      )
    if (!job) return []
    const typed = job.moves.findIndex((move) => move.input?.name === input)
    const moves = typed < 0 ? job.moves : job.moves.slice(0, typed + 1)
    return [
      violationOf(job, { invariant: 'no-secret', what: `${where} holds what was typed as ${input}` }, moves),
    ]
  })
}

function keepingLines(lines: string[]): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
}

/** Numbers in their order, all of one network. */
function createNumbers(): () => string {
  let next = 1_000_000
  return () => `+37529${next++}`
}

const nameOf = <World>({ model, origin }: Job<World>): string =>
  `${model.subject.menu.code} ${model.language}, ${origin.name}`

/** `1 904` */
export const counted = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ' ')
