/**
 * Measures the coverage of menus while they run. Transitions that only block a reply, and missing texts, do not count. A dead
 * branch behind an unguarded one counts, and stays uncovered until it is removed.
 */
import type { AnyTransitionDefinition } from 'xstate'
import type { Language, Text } from '../../engine/authoring.ts'
import { languagesOf } from '../../engine/menu.ts'
import type { Menu } from '../../engine/menu.ts'
import { textOf } from '../../engine/render.ts'
import { isReply, isWorking, leavesOf, nameOf } from '../statechart.ts'
import { coverageOf } from './coverage.ts'
import type { Item, MenuCoverage } from './coverage.ts'
import { transitionsOf } from './names.ts'
import { watchMachine } from './watched-machine.ts'

export interface Watch {
  /** Instrumented menus by the same codes, to run instead of the originals. */
  readonly menus: Readonly<Record<string, Menu>>
  /** Returns the coverage so far, in the order of the menus. */
  coverage(): readonly MenuCoverage[]
}

/** Throws `USSD_MENU_FAULTY` like `transitionsOf`. */
export function watch(menus: Readonly<Record<string, Menu>>): Watch {
  const watched = Object.entries(menus).map(([code, menu]) => ({ code, ...watchMenu(code, menu) }))
  return {
    menus: Object.fromEntries(watched.map(({ code, menu }) => [code, menu])),
    coverage: () => watched.map(({ coverage }) => coverage()),
  }
}

function watchMenu(code: string, menu: Menu) {
  const states = new Set<string>()
  const texts = new Set<string>()
  const taken = new Set<AnyTransitionDefinition>()
  const guards = { passed: new Set<AnyTransitionDefinition>(), failed: new Set<AnyTransitionDefinition>() }
  // `check` renders texts too. A text counts only while a dialogue rests on its screen.
  const rested = new WeakMap<object, Set<string>>()

  const machine = watchMachine(menu.machine, {
    entered: (leaf) => states.add(leaf),
    rested: (leaf, context) => rested.set(context, (rested.get(context) ?? new Set()).add(leaf)),
    taken: (transition) => taken.add(transition),
    guarded: (transition, result) => guards[result].add(transition),
  })
  const leaves = leavesOf(machine)
  const transitions = transitionsOf(machine)

  const watchedText = (screen: string, language: string, text: Text<unknown>) => (context: unknown) => {
    const shown = textOf(text, context)
    if (rested.get(context as object)?.has(screen)) texts.add(`${screen}/${language}`)
    return shown
  }
  const screens = Object.fromEntries(
    Object.entries(menu.screens).map(([screen, each]) => [
      screen,
      Object.fromEntries(
        Object.entries(each).map(([language, text]) => [language, watchedText(screen, language, text)]),
      ) as Record<Language, Text<unknown>>,
    ]),
  )

  const coverage = (): MenuCoverage =>
    coverageOf(code, {
      states: leaves.map(nameOf).map(itemsIn(states)),
      transitions: transitions
        .filter(({ definition, event }) => !isReply(event) || hasEffect(definition))
        .map(({ name, definition }) => ({ name, touched: taken.has(definition) })),
      guards: transitions
        .filter(({ definition }) => definition.guard !== undefined)
        .flatMap(({ name, definition }) =>
          (['passed', 'failed'] as const).map((result) => ({
            name: `${name.split(' → ', 1)[0] ?? name} ${result}`,
            touched: guards[result].has(definition),
          })),
        ),
      texts: leaves
        .filter((leaf) => !isWorking(leaf))
        .map(nameOf)
        .flatMap((screen) =>
          languagesOf(menu)
            .filter((language) => menu.screens[screen]?.[language] !== undefined)
            .map((language) => `${screen}/${language}`),
        )
        .map(itemsIn(texts)),
    })
  return { menu: { ...menu, machine, screens }, coverage }
}

const itemsIn =
  (touched: ReadonlySet<string>) =>
  (name: string): Item => ({ name, touched: touched.has(name) })

/** False for a transition that only blocks a reply. */
const hasEffect = ({ target, actions }: AnyTransitionDefinition): boolean =>
  target !== undefined || actions.length > 0
