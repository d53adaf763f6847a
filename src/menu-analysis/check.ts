/**
 * Finds the mistakes in a menu that the compiler cannot see. Each problem names the state, and the language where it has one:
 * `open/ru: lists [12] but accepts [01]`.
 */
import { initialTransition } from 'xstate'
import type { AnyMachineSnapshot, AnyStateNode } from 'xstate'
import type { Language } from '../engine/authoring.ts'
import { branchProblems } from './check-branches.ts'
import { confirmationProblems, dialProblems } from './check-confirmations.ts'
import type { Sample } from './check-contexts.ts'
import { textProblems } from './check-texts.ts'
import { navigationProblems } from './check-navigation.ts'
import type { CompiledMenu } from '../engine/menu.ts'
import { entered, isWorking, leavesOf, nameOf, outcomesOf, repliesOf, statesOf } from './statechart.ts'

/** What a check needs of a project. */
export interface CheckedProject {
  readonly languages: readonly [Language, ...Language[]]
  /** The line above a screen that is shown again; a screen must fit together with it. */
  readonly messages: { readonly notUnderstood: Readonly<Record<Language, string>> }
  readonly keys?: { readonly back: string }
  /** Texts have a Latin form. */
  readonly latin: boolean
}

/**
 * Returns the problems of a menu.
 * @param samples fields of the context later in a dialogue, for texts that depend on them
 */
export function check(
  menu: CompiledMenu,
  project: CheckedProject,
  samples: readonly Sample[] = [],
): string[] {
  const leaves = leavesOf(menu.machine)
  const names = new Set(leaves.map(nameOf))
  const screens = leaves.filter((leaf) => !isWorking(leaf))
  return [
    ...Object.keys(menu.screens)
      .filter((name) => !names.has(name))
      .map((name) => `${name}: screen of an unknown state; rename or remove it`),
    ...contextProblems(menu, project),
    ...statesOf(menu.machine.root).flatMap(shapeProblems),
    ...statesOf(menu.machine.root).flatMap(branchProblems),
    ...unreachedProblems(menu, leaves),
    ...leaves.filter(isWorking).flatMap((leaf) => workingProblems(leaf, menu)),
    ...screens.flatMap(stateProblems),
    ...navigationProblems(menu, leaves, project.keys?.back),
    ...screens.flatMap((leaf) => textProblems(leaf, menu, project, samples)),
    ...dialProblems(menu),
    ...screens.flatMap((leaf) => confirmationProblems(leaf, screens, menu)),
  ]
}

/** XState swallows an error of the context function, and the first turn fails without its cause. */
function contextProblems({ machine }: CompiledMenu, { languages }: CheckedProject): string[] {
  const [{ status, error }] = initialTransition(machine, { language: languages[0] }) as unknown as [
    AnyMachineSnapshot,
  ]
  return status === 'error'
    ? [
        `the machine: cannot create its initial context: ${error instanceof Error ? error.message : String(error)}`,
      ]
    : []
}

/** Machines are pure: timers, history, spawned actors and actions with bodies are lost or run twice on restore (decision 0001). */
function shapeProblems(node: AnyStateNode): string[] {
  const name = nameOf(node)
  const problems: string[] = []
  if (node.type === 'parallel')
    problems.push(`${name}: is parallel, but a subscriber sees one screen at a time`)
  if (node.type === 'history')
    problems.push(`${name}: is a history state, which is not kept between turns; target a state instead`)
  if (node.after.length > 0)
    problems.push(`${name}: has 'after', but a menu has no timers; the network ends idle dialogues`)
  if ((node.always ?? []).length > 0)
    problems.push(`${name}: has 'always'; put its branches on the transitions that enter it`)
  if (node.type === 'final' && node.parent !== node.machine.root)
    problems.push(
      `${name}: is final inside '${nameOf(node.parent ?? node)}', which does not end the dialogue; move it to the top level`,
    )
  if (node.type === 'compound' && node.invoke.length > 0)
    problems.push(`${name}: invokes an effect and has nested states; invoke it in a state of its own`)
  for (const event of node.transitions.keys()) {
    if (!/^(\d|text|secret|xstate\..*)$/.test(event))
      problems.push(`${name}: handles '${event}', which no subscriber can send; use a digit, text or secret`)
  }
  const { entry, exit, initial, transitions } = node
  const actions = [
    ...[...entry, ...exit].filter((action) => node.after.length === 0 || !isOfAfter(action)),
    ...(node.type === 'compound' ? initial.actions : []),
    ...[...transitions.values()].flat().flatMap((transition) => transition.actions),
  ]
  for (const action of actions) {
    if (!isAssign(action, node)) problems.push(`${name}: has an action other than assign; use an effect`)
  }
  return problems
}

const typeOf = (action: unknown): string | undefined =>
  typeof action === 'string' ? action : (action as { type?: string }).type

/** True for the actions that `after` adds to a state. */
const isOfAfter = (action: unknown): boolean => /^xstate\.(raise|cancel)$/.test(typeOf(action) ?? '')

function isAssign(action: unknown, node: AnyStateNode): boolean {
  const type = typeOf(action)
  if (type === 'xstate.assign') return true
  const named = type === undefined ? undefined : node.machine.implementations.actions[type]
  return (named as { type?: string } | undefined)?.type === 'xstate.assign'
}

function unreachedProblems(menu: CompiledMenu, leaves: readonly AnyStateNode[]): string[] {
  const reached = new Set<AnyStateNode>()
  const queue = [entered(menu.machine.root)]
  for (let leaf = queue.pop(); leaf; leaf = queue.pop()) {
    if (reached.has(leaf)) continue
    reached.add(leaf)
    for (const transition of [...repliesOf(leaf), ...outcomesOf(leaf, 'done'), ...outcomesOf(leaf, 'error')])
      queue.push(...(transition.target ?? []).map(entered))
  }
  return leaves
    .filter((leaf) => !reached.has(leaf))
    .map((leaf) => `${nameOf(leaf)}: is unreachable: no transition leads here`)
}

function workingProblems(leaf: AnyStateNode, menu: CompiledMenu): string[] {
  const name = nameOf(leaf)
  const problems: string[] = []
  if (menu.screens[name])
    problems.push(`${name}: is named with a gerund, so it is never shown; remove its screen`)
  if (leaf.type === 'final')
    return [...problems, `${name}: is final, but named with a gerund, so nothing is shown; rename it`]
  if (leaf.invoke.length !== 1)
    problems.push(`${name}: is named with a gerund, but invokes ${leaf.invoke.length} effects instead of one`)
  if (repliesOf(leaf).length > 0) problems.push(`${name}: is named with a gerund, but accepts replies`)
  for (const { src } of leaf.invoke) {
    // Logic written inline in `invoke` has no name, so no service can implement it.
    if (typeof src !== 'string' || src.startsWith('xstate.'))
      problems.push(`${name}: invokes an actor that setup() does not declare`)
  }
  if (leaf.invoke.length === 0) return problems
  for (const [how, word] of [
    ['done', 'onDone'],
    ['error', 'onError'],
  ] as const) {
    const outcomes = outcomesOf(leaf, how)
    if (outcomes.length === 0) problems.push(`${name}: has no ${word}`)
    else if (outcomes.at(-1)?.guard !== undefined)
      problems.push(`${name}: the last branch of ${word} has a guard; add a branch without one`)
    if (outcomes.some(({ target }) => target === undefined))
      problems.push(`${name}: a branch of ${word} has no target`)
  }
  return problems
}

function stateProblems(leaf: AnyStateNode): string[] {
  const name = nameOf(leaf)
  const events = new Set(repliesOf(leaf).map(({ eventType }) => eventType))
  const problems: string[] = []
  if (leaf.invoke.length > 0) problems.push(`${name}: invokes an effect, but is not named with a gerund`)
  if (leaf.type === 'final' && events.size > 0) problems.push(`${name}: is final, but accepts replies`)
  if (leaf.type !== 'final' && events.size === 0) problems.push(`${name}: accepts no reply, but is not final`)
  if (events.has('text') && events.has('secret'))
    problems.push(`${name}: accepts both text and a secret; use one of them`)
  return problems
}
