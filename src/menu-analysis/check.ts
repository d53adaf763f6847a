/**
 * A machine and its screens held against each other: what the compiler cannot see. An empty list is a sound menu; each problem
 * names the screen, and the language where it has one: `open/ru: lists [12] but takes [01]`.
 */
import { initialTransition } from 'xstate'
import type { AnyMachineSnapshot, AnyStateNode } from 'xstate'
import type { Language } from '../engine/authoring.ts'
import { branchProblems } from './check-branches.ts'
import { confirmationProblems, dialProblems } from './check-confirmations.ts'
import type { Sample } from './check-contexts.ts'
import { textProblems } from './check-texts.ts'
import { navigationProblems } from './check-ways.ts'
import type { CompiledMenu } from '../engine/menu.ts'
import { entered, isWorking, leavesOf, nameOf, outcomesOf, repliesOf, statesOf } from './statechart.ts'

/**
 * `notUnderstood`: the line that stands over a screen shown again; a screen must fit together with it. `samples`: fields of the
 * context as they come later in a dialogue, for texts that depend on them.
 */
export function check(
  menu: CompiledMenu,
  notUnderstood: Readonly<Record<Language, string>>,
  samples: readonly Sample[] = [],
): string[] {
  const leaves = leavesOf(menu.machine)
  const names = new Set(leaves.map(nameOf))
  const screens = leaves.filter((leaf) => !isWorking(leaf))
  return [
    ...Object.keys(menu.screens)
      .filter((name) => !names.has(name))
      .map((name) => `${name}: there is no such state`),
    ...contextProblems(menu),
    ...statesOf(menu.machine.root).flatMap(shapeProblems),
    ...statesOf(menu.machine.root).flatMap(branchProblems),
    ...unreachedProblems(menu, leaves),
    ...leaves.filter(isWorking).flatMap((leaf) => workingProblems(leaf, menu)),
    ...screens.flatMap(stateProblems),
    ...navigationProblems(menu, leaves),
    ...screens.flatMap((leaf) => textProblems(leaf, menu, notUnderstood, samples)),
    ...dialProblems(menu),
    ...screens.flatMap((leaf) => confirmationProblems(leaf, screens, menu)),
  ]
}

/** A machine throws away what its context throws, and fails the first turn. */
function contextProblems({ machine }: CompiledMenu): string[] {
  const [{ status, error }] = initialTransition(machine, { language: 'ru' }) as unknown as [
    AnyMachineSnapshot,
  ]
  return status === 'error'
    ? [`the machine: has no context to begin with: ${error instanceof Error ? error.message : String(error)}`]
    : []
}

/** Machines are pure: time, history, spawned actors and actions with bodies are lost or run again on restore (decision 0001). */
function shapeProblems(node: AnyStateNode): string[] {
  const name = nameOf(node)
  const problems: string[] = []
  if (node.type === 'parallel') problems.push(`${name}: is parallel, and a subscriber sees one screen`)
  if (node.type === 'history') problems.push(`${name}: is a history state, which is not kept between turns`)
  if (node.after.length > 0) problems.push(`${name}: has 'after', but time is the network's`)
  if ((node.always ?? []).length > 0) problems.push(`${name}: has 'always'; branch where it is entered`)
  if (node.type === 'final' && node.parent !== node.machine.root)
    problems.push(
      `${name}: is final inside '${nameOf(node.parent ?? node)}', which does not end the dialogue`,
    )
  if (node.type === 'compound' && node.invoke.length > 0)
    problems.push(`${name}: invokes an effect and has states inside; a state of its own must invoke it`)
  for (const event of node.transitions.keys()) {
    if (!/^(\d|text|secret|xstate\..*)$/.test(event))
      problems.push(`${name}: takes '${event}', which no subscriber can send`)
  }
  const { entry, exit, initial, transitions } = node
  const actions = [
    ...[...entry, ...exit].filter((action) => node.after.length === 0 || !isOfAfter(action)),
    ...(node.type === 'compound' ? initial.actions : []),
    ...[...transitions.values()].flat().flatMap((transition) => transition.actions),
  ]
  for (const action of actions) {
    if (!isAssign(action, node)) problems.push(`${name}: has an action that is no assign; use an effect`)
  }
  return problems
}

const typeOf = (action: unknown): string | undefined =>
  typeof action === 'string' ? action : (action as { type?: string }).type

/** What `after` itself puts into a state. */
const isOfAfter = (action: unknown): boolean => /^xstate\.(raise|cancel)$/.test(typeOf(action) ?? '')

function isAssign(action: unknown, node: AnyStateNode): boolean {
  const type = typeOf(action)
  if (type === 'xstate.assign') return true
  const named = type === undefined ? undefined : node.machine.implementations.actions[type]
  return (named as { type?: string } | undefined)?.type === 'xstate.assign'
}

function unreachedProblems(menu: CompiledMenu, leaves: readonly AnyStateNode[]): string[] {
  const reached = new Set<AnyStateNode>()
  const ahead = [entered(menu.machine.root)]
  for (let leaf = ahead.pop(); leaf; leaf = ahead.pop()) {
    if (reached.has(leaf)) continue
    reached.add(leaf)
    for (const transition of [...repliesOf(leaf), ...outcomesOf(leaf, 'done'), ...outcomesOf(leaf, 'error')])
      ahead.push(...(transition.target ?? []).map(entered))
  }
  return leaves.filter((leaf) => !reached.has(leaf)).map((leaf) => `${nameOf(leaf)}: no reply leads here`)
}

function workingProblems(leaf: AnyStateNode, menu: CompiledMenu): string[] {
  const name = nameOf(leaf)
  const problems: string[] = []
  if (menu.screens[name])
    problems.push(`${name}: is named with a gerund, so it is never seen, and has a screen`)
  if (leaf.type === 'final')
    return [...problems, `${name}: is final and named with a gerund: nothing is shown`]
  if (leaf.invoke.length !== 1)
    problems.push(`${name}: is named with a gerund and invokes ${leaf.invoke.length} effects`)
  if (repliesOf(leaf).length > 0) problems.push(`${name}: is named with a gerund and takes replies`)
  for (const { src } of leaf.invoke) {
    // What is written into `invoke` itself has no name a service could have.
    if (typeof src !== 'string' || src.startsWith('xstate.'))
      problems.push(`${name}: invokes what setup() does not declare`)
  }
  if (leaf.invoke.length === 0) return problems
  for (const [how, word] of [
    ['done', 'onDone'],
    ['error', 'onError'],
  ] as const) {
    const outcomes = outcomesOf(leaf, how)
    if (outcomes.length === 0) problems.push(`${name}: has no ${word}`)
    else if (outcomes.at(-1)?.guard !== undefined)
      problems.push(`${name}: the last branch of ${word} has a guard; where neither leads, nothing is shown`)
    if (outcomes.some(({ target }) => target === undefined))
      problems.push(`${name}: a branch of ${word} has no target`)
  }
  return problems
}

function stateProblems(leaf: AnyStateNode): string[] {
  const name = nameOf(leaf)
  const events = new Set(repliesOf(leaf).map(({ eventType }) => eventType))
  const problems: string[] = []
  if (leaf.invoke.length > 0) problems.push(`${name}: invokes an effect; name it with a gerund`)
  if (leaf.type === 'final' && events.size > 0) problems.push(`${name}: is final and takes replies`)
  if (leaf.type !== 'final' && events.size === 0) problems.push(`${name}: takes no reply, and is not final`)
  if (events.has('text') && events.has('secret')) problems.push(`${name}: takes text and a secret`)
  return problems
}
