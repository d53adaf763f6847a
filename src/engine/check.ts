/**
 * A machine and its screens held against each other: what the compiler cannot see. An empty list is a sound menu; each problem
 * names the screen, and the language where it has one: `open/ru: lists [12] but takes [01]`.
 */
import { initialTransition } from 'xstate'
import type { AnyMachineSnapshot, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { measure } from '../ussd/message.ts'
import { transliterate } from '../ussd/transliterate.ts'
import { isLookup, languages } from './authoring.ts'
import type { Language } from './authoring.ts'
import type { CompiledMenu } from './menu.ts'
import { textOf } from './render.ts'

/** `notUnderstood`: the line that stands over a screen shown again; a screen must fit together with it. */
export function check(menu: CompiledMenu, notUnderstood: Readonly<Record<Language, string>>): string[] {
  const leaves = leavesOf(menu.machine.root)
  const names = new Set(leaves.map(nameOf))
  return [
    ...Object.keys(menu.screens)
      .filter((name) => !names.has(name))
      .map((name) => `${name}: there is no such state`),
    ...leaves.flatMap((leaf) => shapeProblems(leaf)),
    ...leaves.filter((leaf) => isWorking(leaf)).flatMap((leaf) => workingProblems(leaf, menu)),
    ...leaves.filter((leaf) => !isWorking(leaf)).flatMap((leaf) => screenProblems(leaf, menu, notUnderstood)),
    ...leaves.flatMap((leaf) => confirmationProblems(leaf, menu)),
  ]
}

/** A state named with a gerund works and is never seen; `Screens` names the others by the same rule. */
const isWorking = (leaf: AnyStateNode): boolean => /^[a-z]*ing[A-Z]/.test(leaf.key)

const nameOf = (leaf: AnyStateNode): string => leaf.path.join('.')

/** Transitions on what a subscriber may send, a parent's among them. */
function replies(leaf: AnyStateNode): readonly AnyTransitionDefinition[] {
  const own = [...leaf.transitions].flatMap(([event, transitions]) =>
    /^(\d|text|secret)$/.test(event) ? transitions : [],
  )
  return leaf.parent ? [...own, ...replies(leaf.parent)] : own
}

function leavesOf(node: AnyStateNode): AnyStateNode[] {
  const children = Object.values(node.states)
  return children.length === 0 ? [node] : children.flatMap(leavesOf)
}

/** Machines are pure: time, history, spawned actors and actions with bodies are lost or run again on restore (decision 0001). */
function shapeProblems(leaf: AnyStateNode): string[] {
  const name = nameOf(leaf)
  const problems: string[] = []
  const nodes = leaf.parent ? [leaf, leaf.parent] : [leaf]
  for (const node of nodes) {
    if (node.type === 'parallel') problems.push(`${name}: is parallel, and a subscriber sees one screen`)
    if (node.type === 'history') problems.push(`${name}: is a history state, which is not kept between turns`)
    if (node.after.length > 0) problems.push(`${name}: has 'after', but time is the network's`)
    if ((node.always ?? []).length > 0) problems.push(`${name}: has 'always'; branch where it is entered`)
  }
  const allowed = new Set(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'text', 'secret'])
  for (const event of leaf.ownEvents) {
    if (!allowed.has(event) && !event.startsWith('xstate.')) {
      problems.push(`${name}: takes '${event}', which no subscriber can send`)
    }
  }
  const actions = [
    leaf.entry,
    leaf.exit,
    ...[...leaf.transitions.values()].flat().map((one) => one.actions),
  ].flat()
  for (const action of actions) {
    if (!isAssign(action, leaf)) problems.push(`${name}: has an action that is no assign; use an effect`)
  }
  return problems
}

function isAssign(action: unknown, leaf: AnyStateNode): boolean {
  const type = typeof action === 'string' ? action : (action as { type?: string }).type
  if (type === 'xstate.assign') return true
  // What XState itself does when a state invokes.
  if (type === 'xstate.spawnChild' || type === 'xstate.stopChild' || type === 'xstate.cancel') return true
  const named = type === undefined ? undefined : leaf.machine.implementations.actions[type]
  return (named as { type?: string } | undefined)?.type === 'xstate.assign'
}

function workingProblems(leaf: AnyStateNode, menu: CompiledMenu): string[] {
  const name = nameOf(leaf)
  const problems: string[] = []
  if (menu.screens[name])
    problems.push(`${name}: is named with a gerund, so it is never seen, and has a screen`)
  if (leaf.type === 'final') return problems
  if (leaf.invoke.length !== 1)
    problems.push(`${name}: is named with a gerund and invokes ${leaf.invoke.length} effects`)
  if (replies(leaf).length > 0) problems.push(`${name}: is named with a gerund and takes replies`)
  for (const { id } of leaf.invoke) {
    if (!leaf.transitions.has(`xstate.error.actor.${id}`)) problems.push(`${name}: has no onError`)
    if (!leaf.transitions.has(`xstate.done.actor.${id}`)) problems.push(`${name}: has no onDone`)
  }
  return problems
}

function screenProblems(
  leaf: AnyStateNode,
  menu: CompiledMenu,
  notUnderstood: Readonly<Record<Language, string>>,
): string[] {
  const name = nameOf(leaf)
  const taken = replies(leaf)
  const events = new Set(taken.map((transition) => transition.eventType))
  const problems: string[] = []
  if (leaf.invoke.length > 0) problems.push(`${name}: invokes an effect; name it with a gerund`)
  if (leaf.type === 'final' && taken.length > 0) problems.push(`${name}: is final and takes replies`)
  if (leaf.type !== 'final' && taken.length === 0) problems.push(`${name}: takes no reply, and is not final`)
  if (events.has('text') && events.has('secret')) problems.push(`${name}: takes text and a secret`)

  // A reply that nothing takes shows the screen again; where everything is taken, that line never stands over it.
  const takesAnything = taken.some(
    ({ eventType, guard }) => (eventType === 'text' || eventType === 'secret') && guard === undefined,
  )
  const digits = [...events].filter((event) => /^\d$/.test(event))
  for (const language of languages) {
    const text = menu.screens[name]?.[language]
    if (text === undefined) {
      problems.push(`${name}/${language}: has no text`)
      continue
    }
    const shown = sampleText(menu, text)
    if (shown.trim() === '') problems.push(`${name}/${language}: is empty`)
    const whole = leaf.type === 'final' || takesAnything ? shown : `${notUnderstood[language]}\n${shown}`
    for (const [form, said] of formsOf(whole, language)) {
      const { fits, octets } = measure(said)
      if (!fits) problems.push(`${name}/${form}: longer than one USSD message (${octets} of 160 octets)`)
    }
    const listed = shown
      .split('\n')
      .map((line) => /^(\d)\s/.exec(line)?.[1])
      .filter((digit) => digit !== undefined)
    if (listed.toSorted().join('') !== digits.toSorted().join('')) {
      problems.push(
        `${name}/${language}: lists [${listed.join('')}] but takes [${digits.toSorted().join('')}]`,
      )
    }
  }
  return problems
}

/** As written, and as `#…#` shows it. */
const formsOf = (text: string, language: Language): readonly (readonly [string, string])[] =>
  language === 'en'
    ? [[language, text]]
    : [
        [language, text],
        [`${language} in Latin letters`, transliterate(text, language)],
      ]

/** A text that depends on the context is measured with the context a dialogue begins with; walking the menu measures the rest. */
function sampleText(menu: CompiledMenu, text: string | ((context: unknown) => string)): string {
  const [first] = initialTransition(menu.machine, { language: 'ru' }) as unknown as [AnyMachineSnapshot]
  return textOf(text, first.context)
}

/**
 * A choice that makes something happen is a confirmation, is tagged as one, and is another digit than any that led to its
 * screen: a callback delivered twice, or a dialled string, then cannot confirm.
 */
function confirmationProblems(leaf: AnyStateNode, menu: CompiledMenu): string[] {
  const name = nameOf(leaf)
  const changing = replies(leaf).filter(
    ({ eventType, target }) => /^\d$/.test(eventType) && target?.some((next) => changesSomething(next, menu)),
  )
  if (changing.length === 0) return []
  if (!leaf.tags.includes('confirmation')) {
    return changing.map(
      ({ eventType }) =>
        `${name}: ${eventType} performs an effect, so the state must be tagged 'confirmation'`,
    )
  }
  const leadingHere = leavesOf(menu.machine.root).flatMap((from) =>
    replies(from)
      .filter(({ target }) => target?.includes(leaf))
      .map(({ eventType }) => eventType),
  )
  return changing
    .filter(({ eventType }) => leadingHere.includes(eventType))
    .map(({ eventType }) => `${name}: takes the digit ${eventType} that led to it`)
}

const changesSomething = (state: AnyStateNode, menu: CompiledMenu): boolean =>
  state.invoke.some(({ src }) => !isLookup(menu.machine.implementations.actors[String(src)]))
