/** Plans an exploration: the dialogues to replay, and the violations that the model alone shows. */
import type { Language } from '../engine/authoring.ts'
import { createModel, screenOf } from './dialogue.ts'
import type { Model, Move } from './dialogue.ts'
import { graphOf, titleOf } from './graph.ts'
import type { Graph } from './graph.ts'
import { checkInvariants } from './invariants.ts'
import type { Job } from './replay.ts'
import { testPathsIn } from './paths.ts'
import type { TestPaths } from './paths.ts'
import type { Chain, ModelSpec, Origin } from './model-spec.ts'
import { alphabetsOf } from './texts.ts'
import type { NotUnderstood } from './texts.ts'
import { violationOf } from './violation.ts'
import type { Violation } from './violation.ts'

export interface Plan<World> {
  readonly jobs: readonly Job<World>[]
  /** Violations in the model. */
  readonly violations: readonly Violation<World>[]
  /** The number of distinct texts that were measured. */
  readonly measured: number
  /** Origins with more paths than the limit: `*141*0#, open: 200 of 560 paths per language, 480 in all languages together`. */
  readonly leftOut: readonly string[]
}

/** @param limit maximum paths per menu, language and origin, besides chains and screens in Latin letters */
export function planFor<World>(
  specs: readonly ModelSpec<World>[],
  options: {
    readonly languages: readonly Language[]
    readonly limit: number
    readonly seed: number
    readonly notUnderstood: NotUnderstood
    /** The texts of the project have a Latin form. */
    readonly latin: boolean
  },
): Plan<World> {
  const { languages, notUnderstood } = options
  const jobs: Job<World>[] = []
  const violations: Violation<World>[] = []
  const samples = new Map<string, Sample>()
  let measured = 0

  for (const spec of specs) {
    for (const [at, language] of languages.entries()) {
      const model = createModel(spec, language)
      const alphabets = alphabetsOf(spec.menu.code, language, options.latin)
      const inLatin = new Set<string>([''])
      for (const origin of spec.origins) {
        const graph = tryGraphOf(model, origin, violations)
        if (!graph) continue
        const checked = checkInvariants(model, origin, graph, { notUnderstood, alphabets })
        violations.push(...checked.violations)
        measured += checked.measured

        const share = { at, of: languages.length }
        const found = testPathsIn(graph, { ...options, share })
        addSample(samples, `${spec.menu.code}, ${origin.name}`, found)
        const job = { model, origin, graph }
        jobs.push(...found.paths.map(({ moves }) => ({ ...job, moves })))
        if (alphabets.includes('latin'))
          jobs.push(
            ...pathsToNewScreens(graph, inLatin).map((moves) => ({
              ...job,
              moves,
              alphabet: 'latin' as const,
            })),
          )
        const chains = spec.chains?.filter(({ from }) => from === origin.name) ?? []
        jobs.push(...chains.map((chain) => ({ ...job, moves: movesOf(chain, spec), title: chain.title })))
      }
    }
  }
  return { jobs, violations, measured, leftOut: [...samples].flatMap(describeSample) }
}

/** Adds a violation for a menu with too many states. */
function tryGraphOf<World>(
  model: Model<World>,
  origin: Origin<World>,
  violations: Violation<World>[],
): Graph<World> | undefined {
  try {
    return graphOf(model, origin.world)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    violations.push(violationOf({ model, origin }, { invariant: 'ends', detail }, [{ input: undefined }]))
    return undefined
  }
}

/** The paths chosen from one origin, in all languages. */
interface Sample {
  readonly chosen: Set<string>
  /** The most in any language. */
  readonly perLanguage: number
  readonly possible: number
  readonly isMore: boolean
}

function addSample<World>(
  samples: Map<string, Sample>,
  of: string,
  { paths, possible, isMore }: TestPaths<World>,
): void {
  const sample = samples.get(of) ?? { chosen: new Set<string>(), perLanguage: 0, possible: 0, isMore: false }
  for (const { moves } of paths) sample.chosen.add(JSON.stringify(moves.map(titleOf)))
  samples.set(of, {
    chosen: sample.chosen,
    perLanguage: Math.max(sample.perLanguage, paths.length),
    possible: Math.max(sample.possible, possible),
    isMore: sample.isMore || isMore,
  })
}

function describeSample([of, sample]: readonly [string, Sample]): readonly string[] {
  const { chosen, perLanguage, possible, isMore } = sample
  if (!isMore && perLanguage === possible) return []
  const all = `${isMore ? 'more than ' : ''}${possible}`
  return [`${of}: ${perLanguage} of ${all} paths per language, ${chosen.size} in all languages together`]
}

/** Returns the shortest path to each screen that is not in `known`, and adds the screen to it. */
function pathsToNewScreens<World>(
  { nodes }: Graph<World>,
  known: Set<string>,
): readonly (readonly Move<World>[])[] {
  return nodes.flatMap(({ state, path }) => {
    const screen = screenOf(state)
    if (known.has(screen)) return []
    known.add(screen)
    return [path.map(({ transition }) => transition.move)]
  })
}

/** Throws a TypeError for the name of an unknown input. */
function movesOf<World>(
  { moves, title }: Chain<World>,
  { inputs }: ModelSpec<World>,
): readonly Move<World>[] {
  const found: Move<World>[] = []
  let change: Move<World>['change']
  for (const move of moves) {
    if (typeof move !== 'string') {
      change = move
      continue
    }
    const input = inputs.find(({ name }) => name === move)
    if (!input && move !== 'dial') throw new TypeError(`chain '${title}': unknown input '${move}'`)
    found.push({ input, change })
    change = undefined
  }
  return found
}
