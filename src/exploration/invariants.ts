/** Checks the invariants of a menu on the model alone, without a gateway. */
import { measure } from '../ussd/message.ts'
import { screenOf } from './dialogue.ts'
import type { Model } from './dialogue.ts'
import { isPlain } from './graph.ts'
import type { Edge, Graph, StateNode } from './graph.ts'
import type { Input, ModelSpec, Origin } from './model-spec.ts'
import { inLatin, listedIn, shownAfter } from './texts.ts'
import type { NotUnderstood, Alphabet } from './texts.ts'
import { violationOf } from './violation.ts'
import type { Invariant, Violation } from './violation.ts'

export interface InvariantResult<World> {
  readonly violations: readonly Violation<World>[]
  /** The number of distinct texts that were measured. */
  readonly measured: number
}

/** A violation of a screen, without the dialogue that reaches it. */
interface Problem {
  readonly invariant: Invariant
  readonly detail: string
  readonly alphabet?: Alphabet
}

export function checkInvariants<World>(
  model: Model<World>,
  origin: Origin<World>,
  graph: Graph<World>,
  {
    notUnderstood,
    alphabets,
  }: { readonly notUnderstood: NotUnderstood; readonly alphabets: readonly Alphabet[] },
): InvariantResult<World> {
  const violations: Violation<World>[] = []
  const texts = new Set<string>()
  const reachability = reachabilityIn(graph)
  const report = (path: readonly Edge<World>[], problems: Iterable<Problem>) => {
    const moves = path.map(({ transition }) => transition.move)
    for (const { alphabet, ...problem } of problems)
      violations.push(violationOf({ model, origin, alphabet }, problem, moves))
  }

  for (const edge of graph.edges) {
    const shown = alphabets.map((alphabet) => ({
      alphabet,
      text: shownAfter(edge.transition, model, notUnderstood, alphabet),
    }))
    report([...edge.from.path, edge], edgeProblems(edge, model.subject, shown))
    if (edge.transition.fault === undefined) for (const { text } of shown) texts.add(text)
  }
  for (const node of graph.nodes) {
    if (!node.state.state || node.state.isOver) continue
    const plain = node.edges.filter(isPlain)
    // With a fault, the remaining behaviour of the screen is unknown.
    if (plain.some(({ transition }) => transition.fault !== undefined)) continue
    report(node.path, screenProblems(node, plain, model))
    if (!reachability.canEnd.has(node))
      report(node.path, [{ invariant: 'ends', detail: 'no reply leads to an end' }])
    const guess = plain.find((edge) => edge.transition.as === 'secret' && reachability.isOnCycle(edge))
    const detail = `accepts ${guess?.transition.move.input?.name ?? 'a secret'} without limit`
    if (guess) report([...node.path, guess], [{ invariant: 'no-endless-guessing', detail }])
  }
  return { violations, measured: texts.size }
}

function* edgeProblems<World>(
  edge: Edge<World>,
  spec: ModelSpec<World>,
  shown: readonly { readonly alphabet: Alphabet; readonly text: string }[],
): Generator<Problem> {
  const { transition } = edge
  if (transition.fault !== undefined) {
    yield { invariant: 'works', detail: `the menu fails: ${transition.fault}` }
    return
  }
  for (const { alphabet, text } of shown) {
    const detail = oversize(text)
    if (detail !== undefined) yield { invariant: 'fits', detail, alphabet }
  }
  const secret = secretIn(transition.to.text, spec.inputs)
  if (secret !== undefined) yield { invariant: 'no-secret', detail: `shows what was typed as ${secret}` }
  yield* attemptProblems(edge, spec)
}

function* attemptProblems<World>(
  { from, transition }: Edge<World>,
  { attempts }: ModelSpec<World>,
): Generator<Problem> {
  // The operator may restore attempts.
  if (!attempts || transition.move.change) return
  const [before, after] = [from.state.world, transition.to.world].map((world) => attempts.left(world))
  if (before === undefined || after === undefined) return
  if (after > before && !attempts.regainedAt.includes(screenOf(transition.to)))
    yield { invariant: 'attempts', detail: `raises the attempts left from ${before} to ${after}` }
  const shown = attempts.shown.exec(transition.to.text)?.[1]
  if (shown !== undefined && Number(shown) !== after)
    yield { invariant: 'attempts', detail: `shows ${shown} attempts left, but ${after} are left` }
}

function* screenProblems<World>(
  node: StateNode<World>,
  plain: readonly Edge<World>[],
  { language }: Model<World>,
): Generator<Problem> {
  const choices = plain.filter(({ transition }) => transition.as === 'choice' && transition.understood)
  const hasWayOut = choices.some(
    ({ to }) => to.state.isOver || (to !== node && to.path.length < node.path.length),
  )
  if (!hasWayOut) yield { invariant: 'way-out', detail: 'no digit ends the dialogue or goes back' }

  const accepted = new Set(choices.map(({ transition }) => transition.move.input?.text.trim() ?? ''))
  for (const text of [node.state.text, inLatin(node.state.text, language)]) {
    const listed = listedIn(text)
    const notAccepted = listed.filter((digit) => !accepted.has(digit))
    const unlisted = [...accepted].filter((digit) => !listed.includes(digit))
    if (notAccepted.length > 0)
      yield { invariant: 'choices', detail: `lists ${notAccepted.join()}, but does not accept it` }
    if (unlisted.length > 0)
      yield { invariant: 'choices', detail: `accepts ${unlisted.join()}, but does not list it` }
    if (notAccepted.length + unlisted.length > 0) return
  }
}

/** Describes by how much a text exceeds one message; undefined if it fits. */
export function oversize(text: string): string | undefined {
  const { alphabet, units, fits } = measure(text)
  if (fits) return undefined
  return alphabet === 'gsm7' ? `needs ${units} septets, limit 182` : `needs ${units} UTF-16 units, limit 80`
}

/** Shorter inputs may occur in any text. */
const MIN_SECRET_LENGTH = 4

/** Returns the name of an input that a text contains. */
export const secretIn = (text: string, inputs: readonly Input[]): string | undefined =>
  inputs.find(
    (input) =>
      !input.isPublic && Array.from(input.text).length >= MIN_SECRET_LENGTH && text.includes(input.text),
  )?.name

/** Reachability along the transitions that subscribers cause themselves. */
function reachabilityIn<World>(graph: Graph<World>) {
  const predecessors = new Map<StateNode<World>, StateNode<World>[]>()
  for (const edge of graph.edges) {
    if (isPlain(edge)) predecessors.set(edge.to, [...(predecessors.get(edge.to) ?? []), edge.from])
  }
  const reaching = (targets: Iterable<StateNode<World>>): ReadonlySet<StateNode<World>> => {
    const found = new Set(targets)
    for (const node of found) for (const earlier of predecessors.get(node) ?? []) found.add(earlier)
    return found
  }
  const cache = new Map<StateNode<World>, ReadonlySet<StateNode<World>>>()
  return {
    canEnd: reaching(graph.nodes.filter(({ state }) => state.isOver)),
    isOnCycle({ from, to }: Edge<World>): boolean {
      const back = cache.get(from) ?? reaching([from])
      cache.set(from, back)
      return back.has(to)
    },
  }
}
