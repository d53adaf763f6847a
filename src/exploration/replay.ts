/** Replays paths of the model on a gateway, several at a time, each on a phone of its own. */
import type { WalkResult } from '../walkthrough/run/result.ts'
import type { Walkthrough } from '../walkthrough/script/walkthrough.ts'
import type { Model, Move } from './dialogue.ts'
import type { Graph } from './graph.ts'
import { walkthroughOf } from './script.ts'
import { findingsIn } from './observed.ts'
import type { Finding } from './observed.ts'
import type { Origin } from './model-spec.ts'
import { inLatin } from './texts.ts'
import type { NotUnderstood, Alphabet } from './texts.ts'
import { violationOf } from './violation.ts'
import type { Violation } from './violation.ts'

/** A path to replay. */
export interface Job<World> {
  readonly model: Model<World>
  readonly origin: Origin<World>
  readonly graph: Graph<World>
  readonly moves: readonly Move<World>[]
  /** Defaults to the names of the moves. */
  readonly title?: string
  readonly alphabet?: Alphabet | undefined
}

/** A replayed path. */
export interface Replayed<World> {
  readonly job: Job<World>
  readonly msisdn: string
  /** Contains secrets in clear. */
  readonly walkthrough: Walkthrough
  readonly result: WalkResult
}

/** The gateway to replay on. */
export interface Replay {
  /** Returns an unused number: E.164 with `+`. */
  readonly newNumber: () => string
  /** Runs a walkthrough on a gateway with this setting, with one effect failing. */
  readonly walk: (
    walkthrough: Walkthrough,
    at: {
      readonly setting: string | undefined
      readonly msisdn: string
      readonly failing: InjectedFailure | undefined
    },
  ) => Promise<WalkResult>
  readonly notUnderstood: NotUnderstood
}

/** An effect, and which of its runs in the walkthrough fails, from 1. */
export interface InjectedFailure {
  readonly effect: string
  readonly occurrence: number
}

/** Replays one path on a phone of its own. */
export async function replay<World>(job: Job<World>, options: Replay): Promise<Replayed<World>> {
  const msisdn = options.newNumber()
  const walkthrough = walkthroughOf({ ...job, msisdn, notUnderstood: options.notUnderstood })
  const { setting } = job.origin
  const result = await options.walk(walkthrough, { setting, msisdn, failing: failureIn(job) })
  return { job, msisdn, walkthrough, result }
}

/** Replays `parallel` jobs at a time, started in order. */
export async function replayAll<World>(
  jobs: readonly Job<World>[],
  options: Replay & { readonly parallel: number; readonly onReplayed: (replayed: Replayed<World>) => void },
): Promise<void> {
  const waiting = [...jobs].values()
  const work = async () => {
    for (const job of waiting) options.onReplayed(await replay(job, options))
  }
  await Promise.all(Array.from({ length: options.parallel }, work))
}

/** Returns the first finding of each invariant, with the shortest dialogue that reproduces it. */
export async function violationsIn<World>(
  replayed: Replayed<World>,
  options: Replay,
): Promise<readonly Violation<World>[]> {
  const { job } = replayed
  const violations: Violation<World>[] = []
  const first = new Map<Finding['invariant'], Finding>()
  for (const finding of findingsOf(replayed, options).toReversed()) first.set(finding.invariant, finding)
  for (const finding of first.values()) {
    const moves = movesUpTo(replayed, finding.steps)
    violations.push((await shortened(job, finding, moves, options)) ?? violationOf(job, finding, moves))
  }
  return violations
}

async function shortened<World>(
  job: Job<World>,
  { invariant }: Finding,
  moves: readonly Move<World>[],
  options: Replay,
): Promise<Violation<World> | undefined> {
  const prefixes = moves.map((_, at) => moves.slice(0, at + 1))
  const candidates = [...prefixes, directPath(job, moves)]
    .filter(({ length }) => length < moves.length)
    .toSorted((a, b) => a.length - b.length)
  for (const candidate of candidates) {
    const replayed = await replay({ ...job, moves: candidate }, options)
    const finding = findingsOf(replayed, options).find((each) => each.invariant === invariant)
    if (finding) return violationOf(job, finding, movesUpTo(replayed, finding.steps))
  }
  return undefined
}

export function findingsOf<World>(
  { job, result }: Replayed<World>,
  { notUnderstood }: Pick<Replay, 'notUnderstood'>,
): readonly Finding[] {
  const { language, subject: spec } = job.model
  const line = notUnderstood[language] ?? ''
  const lines = [line, inLatin(line, language)]
  return findingsIn(result, spec, (text) => lines.some((line) => text.startsWith(`${line}\n`)))
}

/** The moves behind the first steps of the walkthrough: a change and hanging up are steps, but no moves. */
function movesUpTo<World>({ job, walkthrough }: Replayed<World>, steps: number): readonly Move<World>[] {
  const made = walkthrough.steps
    .slice(0, steps)
    .filter(({ action }) => action.kind === 'dial' || action.kind === 'send')
  return job.moves.slice(0, Math.max(1, made.length))
}

/** The shortest path to the state of the last move, and that move. */
function directPath<World>(
  { model, origin, graph }: Job<World>,
  moves: readonly Move<World>[],
): readonly Move<World>[] {
  const last = moves.at(-1)
  const before = model.play(origin.world, moves).at(-2)
  if (!last || !before) return moves
  const key = JSON.stringify(before.to)
  const node = graph.nodes.find(({ state }) => JSON.stringify(state) === key)
  return node ? [...node.path.map(({ transition }) => transition.move), last] : moves
}

function failureIn<World>({ model, origin, moves }: Job<World>): InjectedFailure | undefined {
  const at = moves.findIndex(({ fails }) => fails !== undefined)
  const effect = moves[at]?.fails
  if (effect === undefined) return undefined
  const before = model.play(origin.world, moves.slice(0, at)).flatMap(({ performed }) => performed)
  return { effect, occurrence: before.filter((name) => name === effect).length + 1 }
}
