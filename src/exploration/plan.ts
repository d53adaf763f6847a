/** What is gone through of the dialogues of some menus, in some languages, and what the model alone says of them. */
import type { Language } from '../engine/authoring.ts'
import { createModel, screenOf } from './dialogue.ts'
import type { Model, Move } from './dialogue.ts'
import { graphOf, titleOf } from './graph.ts'
import type { Graph } from './graph.ts'
import { checkInvariants } from './invariants.ts'
import type { Job } from './replay.ts'
import { pathsThrough } from './paths.ts'
import type { TestPaths } from './paths.ts'
import type { Chain, ModelSpec } from './model-spec.ts'
import type { NotUnderstood } from './texts.ts'
import { violationOf } from './violation.ts'
import type { Violation } from './violation.ts'

export interface Plan<World> {
  readonly jobs: readonly Job<World>[]
  /** What does not hold by the model alone. */
  readonly violations: readonly Violation<World>[]
  /** Different texts that were measured. */
  readonly measured: number
  /** Where the limit left runs out: `*141*0#, open: 200 of 560 in each language, 480 of them in one or another`. */
  readonly leftOut: readonly string[]
}

/** @param limit runs of one menu in one language from one origin, beside chains and what is shown in Latin letters */
export function planFor<World>(
  subjects: readonly ModelSpec<World>[],
  options: {
    readonly languages: readonly Language[]
    readonly limit: number
    readonly seed: number
    readonly notUnderstood: NotUnderstood
  },
): Plan<World> {
  const { languages, notUnderstood } = options
  const jobs: Job<World>[] = []
  const violations: Violation<World>[] = []
  const samples = new Map<string, Sample>()
  let measured = 0

  for (const subject of subjects) {
    for (const [at, language] of languages.entries()) {
      const model = createModel(subject, language)
      const inLatin = new Set<string>([''])
      for (const origin of subject.origins) {
        const graph = exploredOrNot(model, origin)
        if (!graph) continue
        const judged = checkInvariants(model, origin, graph, notUnderstood)
        violations.push(...judged.violations)
        measured += judged.measured

        const share = { at, of: languages.length }
        const { runs, possible, isMore } = pathsThrough(graph, { ...options, share })
        note(`${subject.menu.code}, ${origin.name}`, { runs, possible, isMore })
        const whole = { model, origin, graph }
        jobs.push(...runs.map(({ moves }) => ({ ...whole, moves })))
        if (language !== 'en')
          jobs.push(...waysTo(graph, inLatin).map((moves) => ({ ...whole, moves, script: 'latin' as const })))
        const chains = subject.chains?.filter(({ from }) => from === origin.name) ?? []
        jobs.push(
          ...chains.map((chain) => ({ ...whole, moves: movesOf(chain, subject), title: chain.title })),
        )
      }
    }
  }
  return { jobs, violations, measured, leftOut: [...samples].flatMap(sentenceOn) }

  function note(of: string, { runs, possible, isMore }: TestPaths<World>): void {
    const sample = samples.get(of) ?? { taken: new Set<string>(), most: 0, possible: 0, isMore: false }
    for (const { moves } of runs) sample.taken.add(JSON.stringify(moves.map(titleOf)))
    const most = Math.max(sample.most, runs.length)
    samples.set(of, {
      ...sample,
      most,
      possible: Math.max(sample.possible, possible),
      isMore: sample.isMore || isMore,
    })
  }

  function exploredOrNot(
    model: Model<World>,
    origin: ModelSpec<World>['origins'][number],
  ): Graph<World> | undefined {
    try {
      return graphOf(model, origin.world)
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error)
      violations.push(violationOf({ model, origin }, { invariant: 'ends', what }, [{ input: undefined }]))
      return undefined
    }
  }
}

/** What was taken in all languages together, and of how many. */
interface Sample {
  readonly taken: Set<string>
  /** In one language. */
  readonly most: number
  readonly possible: number
  readonly isMore: boolean
}

function sentenceOn([of, { taken, most, possible, isMore }]: readonly [string, Sample]): readonly string[] {
  if (!isMore && most === possible) return []
  const all = `${isMore ? 'more than ' : ''}${possible}`
  return [`${of}: ${most} of ${all} in each language, ${taken.size} in one or another`]
}

/** The shortest way to each screen that was not come to before. */
function waysTo<World>(
  { nodes: places }: Graph<World>,
  screens: Set<string>,
): readonly (readonly Move<World>[])[] {
  return places.flatMap(({ state: moment, path: way }) => {
    const screen = screenOf(moment)
    if (screens.has(screen)) return []
    screens.add(screen)
    return [way.map(({ transition: moved }) => moved.move)]
  })
}

/** Throws a TypeError for a name that no input has. */
function movesOf<World>(
  { moves, title }: Chain<World>,
  { inputs }: ModelSpec<World>,
): readonly Move<World>[] {
  const made: Move<World>[] = []
  let change: Move<World>['change']
  for (const move of moves) {
    if (typeof move !== 'string') {
      change = move
      continue
    }
    const input = inputs.find(({ name }) => name === move)
    if (!input && move !== 'dial') throw new TypeError(`${title}: there is no input '${move}'`)
    made.push({ input, change })
    change = undefined
  }
  return made
}
