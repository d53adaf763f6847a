/** Runs of the model, walked on the gateway: several at a time, each on a phone of its own. */
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

/** A run, and what it is a run of. */
export interface Job<World> {
  readonly model: Model<World>
  readonly origin: Origin<World>
  readonly graph: Graph<World>
  readonly moves: readonly Move<World>[]
  /** Where it has one of its own. */
  readonly title?: string
  readonly script?: Alphabet | undefined
}

/** A run as it went. */
export interface Replayed<World> {
  readonly job: Job<World>
  readonly msisdn: string
  /** Its secrets are in clear. */
  readonly walkthrough: Walkthrough
  readonly result: WalkResult
}

/** How runs are walked. */
export interface Replay {
  /** A number nobody else has: E.164 with `+`. */
  readonly newNumber: () => string
  /** Walks it where the gateway is set like this, with these effects failing: of each, the performance with this number. */
  readonly walk: (
    walkthrough: Walkthrough,
    at: {
      readonly setting: string | undefined
      readonly msisdn: string
      readonly failing: Failing | undefined
    },
  ) => Promise<WalkResult>
  readonly notUnderstood: NotUnderstood
}

/** An effect, and which of its performances in the run is to fail, from 1. */
export interface Failing {
  readonly effect: string
  readonly performance: number
}

export async function replay<World>(job: Job<World>, how: Replay): Promise<Replayed<World>> {
  const msisdn = how.newNumber()
  const walkthrough = walkthroughOf({ ...job, msisdn, notUnderstood: how.notUnderstood })
  const { setting } = job.origin
  const result = await how.walk(walkthrough, { setting, msisdn, failing: failingIn(job) })
  return { job, msisdn, walkthrough, result }
}

/** `parallel` at a time, begun in their order. */
export async function replayAll<World>(
  jobs: readonly Job<World>[],
  how: Replay & { readonly parallel: number; readonly took: (replayed: Replayed<World>) => void },
): Promise<void> {
  const waiting = [...jobs].values()
  const work = async () => {
    for (const job of waiting) how.took(await replay(job, how))
  }
  await Promise.all(Array.from({ length: how.parallel }, work))
}

/** What was wrong first of each kind in a run, with the shortest dialogue that shows something of the kind: shorter ones are tried. */
export async function violationsIn<World>(
  replayed: Replayed<World>,
  how: Replay,
): Promise<readonly Violation<World>[]> {
  const { job } = replayed
  const violations: Violation<World>[] = []
  const first = new Map<Finding['invariant'], Finding>()
  for (const fault of findingsOf(replayed, how).toReversed()) first.set(fault.invariant, fault)
  for (const fault of first.values()) {
    const moves = movesUpTo(replayed, fault.steps)
    violations.push((await shorter(job, fault, moves, how)) ?? violationOf(job, fault, moves))
  }
  return violations
}

async function shorter<World>(
  job: Job<World>,
  { invariant }: Finding,
  moves: readonly Move<World>[],
  how: Replay,
): Promise<Violation<World> | undefined> {
  const beginnings = moves.map((_, at) => moves.slice(0, at + 1))
  const candidates = [...beginnings, directWay(job, moves)]
    .filter(({ length }) => length < moves.length)
    .toSorted((a, b) => a.length - b.length)
  for (const candidate of candidates) {
    const tried = await replay({ ...job, moves: candidate }, how)
    const fault = findingsOf(tried, how).find((one) => one.invariant === invariant)
    if (fault) return violationOf(job, fault, movesUpTo(tried, fault.steps))
  }
  return undefined
}

/** What was wrong in a run, told from what came back. */
export function findingsOf<World>(
  { job, result }: Replayed<World>,
  { notUnderstood }: Pick<Replay, 'notUnderstood'>,
): readonly Finding[] {
  const { language, subject } = job.model
  const lines = [notUnderstood[language], inLatin(notUnderstood[language], language)]
  return findingsIn(result, subject, (text) => lines.some((line) => text.startsWith(`${line}\n`)))
}

/** As many moves as these first steps of the walkthrough make: a change is a step of its own, and so is hanging up. */
function movesUpTo<World>({ job, walkthrough }: Replayed<World>, steps: number): readonly Move<World>[] {
  const made = walkthrough.steps
    .slice(0, steps)
    .filter(({ action }) => action.kind === 'dial' || action.kind === 'send')
  return job.moves.slice(0, Math.max(1, made.length))
}

/** The last move, behind the shortest way to where it is made. */
function directWay<World>(
  { model, origin, graph }: Job<World>,
  moves: readonly Move<World>[],
): readonly Move<World>[] {
  const last = moves.at(-1)
  const before = model.play(origin.world, moves).at(-2)
  if (!last || !before) return moves
  const here = JSON.stringify(before.to)
  const place = graph.nodes.find(({ state: moment }) => JSON.stringify(moment) === here)
  return place ? [...place.path.map(({ transition: moved }) => moved.move), last] : moves
}

function failingIn<World>({ model, origin, moves }: Job<World>): Failing | undefined {
  const at = moves.findIndex(({ fails }) => fails !== undefined)
  const effect = moves[at]?.fails
  if (effect === undefined) return undefined
  const before = model.play(origin.world, moves.slice(0, at)).flatMap(({ performed }) => performed)
  return { effect, performance: before.filter((name) => name === effect).length + 1 }
}
