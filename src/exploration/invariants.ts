/** What must hold of every place of the dialogues of a menu, whatever the gateway makes of it: told from the model alone. */
import { measure } from '../ussd/message.ts'
import { screenOf } from './dialogue.ts'
import type { Model } from './dialogue.ts'
import { isPlain } from './graph.ts'
import type { Edge, Graph, StateNode } from './graph.ts'
import type { Origin } from './model-spec.ts'
import { inLatin, listedIn, shownAfter } from './texts.ts'
import type { NotUnderstood, Alphabet } from './texts.ts'
import { violationOf } from './violation.ts'
import type { Invariant, Violation } from './violation.ts'

export interface InvariantResult<World> {
  readonly violations: readonly Violation<World>[]
  /** Texts that were measured, each once. */
  readonly measured: number
}

export function checkInvariants<World>(
  model: Model<World>,
  origin: Origin<World>,
  graph: Graph<World>,
  notUnderstood: NotUnderstood,
): InvariantResult<World> {
  const { subject, language } = model
  const violations: Violation<World>[] = []
  const texts = new Set<string>()
  const courses = coursesOf(graph)

  const report = (
    invariant: Invariant,
    what: string,
    at: { readonly way: readonly Edge<World>[]; readonly script?: Alphabet },
  ) => {
    const moves = at.way.map(({ transition: moved }) => moved.move)
    violations.push(violationOf({ model, origin, script: at.script }, { invariant, what }, moves))
  }

  for (const edge of graph.edges) judgeTurn(edge)
  for (const place of graph.nodes) if (place.state.state && !place.state.isOver) judgeWaiting(place)
  return { violations, measured: texts.size }

  function judgeTurn(edge: Edge<World>): void {
    const { from, transition: moved } = edge
    const at = { way: [...from.path, edge] }
    if (moved.fault !== undefined) return report('works', `the menu fails: ${moved.fault}`, at)
    for (const script of ['usual', 'latin'] as const) {
      const text = shownAfter(moved, model, notUnderstood, script)
      texts.add(text)
      const { alphabet, units, fits } = measure(text)
      const most = alphabet === 'gsm7' ? 182 : 80
      if (!fits)
        report('fits', `takes ${units} ${unitOf[alphabet]}, and a message ${most}`, { ...at, script })
    }
    const shown = secretIn(moved.to.text, subject.inputs)
    if (shown !== undefined) report('no-secret', `shows what was typed as ${shown}`, at)
    judgeAttempts(edge, at)
  }

  function judgeAttempts(edge: Edge<World>, at: { readonly way: readonly Edge<World>[] }): void {
    const { attempts } = subject
    // The operator may give them back.
    if (!attempts || edge.transition.move.change) return
    const { from, transition: moved } = edge
    const [before, after] = [from.state.world, moved.to.world].map((world) => attempts.left(world))
    if (before === undefined || after === undefined) return
    if (after > before && !attempts.regainedAt.includes(screenOf(moved.to)))
      report('attempts', `gives attempts back: ${before} were left, and then ${after}`, at)
    const says = attempts.shown.exec(moved.to.text)?.[1]
    if (says !== undefined && Number(says) !== after)
      report('attempts', `says that ${says} attempts are left, and there are ${after}`, at)
  }

  function judgeWaiting(place: StateNode<World>): void {
    const at = { way: place.path }
    const plain = place.edges.filter(isPlain)
    // What the menu would have made of it, nobody knows.
    if (plain.some(({ transition: moved }) => moved.fault !== undefined)) return
    const choices = plain.filter(({ transition: moved }) => moved.as === 'choice' && moved.understood)
    const leads = choices.some(
      ({ to }) => to.state.isOver || (to !== place && to.path.length < place.path.length),
    )
    if (!leads) report('way-out', 'no digit ends the dialogue or leads back', at)

    const taken = new Set(choices.map(({ transition: moved }) => moved.move.input?.text.trim() ?? ''))
    for (const text of [place.state.text, inLatin(place.state.text, language)]) {
      const listed = listedIn(text)
      const untaken = listed.filter((digit) => !taken.has(digit))
      const unlisted = [...taken].filter((digit) => !listed.includes(digit))
      if (untaken.length > 0) report('choices', `lists ${untaken.join()}, which it does not take`, at)
      if (unlisted.length > 0) report('choices', `takes ${unlisted.join()}, which it does not list`, at)
      if (untaken.length + unlisted.length > 0) break
    }
    if (!courses.endsFrom.has(place)) report('ends', 'nothing that can be typed here leads to an end', at)
    for (const edge of plain) {
      if (edge.transition.as !== 'secret' || !courses.isOnCycle(edge)) continue
      const what = `takes ${edge.transition.move.input?.name ?? 'a secret'} again and again`
      report('no-endless-guessing', what, { ...at, way: [...at.way, edge] })
      break
    }
  }
}

const unitOf = { gsm7: 'septets', ucs2: 'UTF-16 units' } as const

/** Shorter ones may stand in any text. */
const SHORTEST_SECRET = 4

/** The name of an input that stands in a text. */
export const secretIn = (
  text: string,
  inputs: readonly { readonly name: string; readonly text: string }[],
): string | undefined =>
  inputs.find((input) => Array.from(input.text).length >= SHORTEST_SECRET && text.includes(input.text))?.name

/** Where what subscribers can do by themselves leads. */
function coursesOf<World>(graph: Graph<World>) {
  const before = new Map<StateNode<World>, StateNode<World>[]>()
  for (const edge of graph.edges) {
    if (isPlain(edge)) before.set(edge.to, [...(before.get(edge.to) ?? []), edge.from])
  }
  const leadingTo = (targets: Iterable<StateNode<World>>): ReadonlySet<StateNode<World>> => {
    const found = new Set(targets)
    for (const place of found) for (const earlier of before.get(place) ?? []) found.add(earlier)
    return found
  }
  const leading = new Map<StateNode<World>, ReadonlySet<StateNode<World>>>()
  return {
    endsFrom: leadingTo(graph.nodes.filter(({ state: moment }) => moment.isOver)),
    /** Whether one can come back to where it began. */
    isOnCycle({ from, to }: Edge<World>): boolean {
      const back = leading.get(from) ?? leadingTo([from])
      leading.set(from, back)
      return back.has(to)
    },
  }
}
