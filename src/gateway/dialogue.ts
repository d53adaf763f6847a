import type { AnyMachineSnapshot } from 'xstate'
import type { Language } from '../engine/authoring.ts'
import type { CompiledMenu } from '../engine/menu.ts'
import { render, screenName } from '../engine/render.ts'
import { asksForSecret, begin, follow, hasEnded, reply, restore, stateOf } from '../engine/turn.ts'
import type { DialogueState, Perform } from '../engine/turn.ts'
import { transliterate } from '../ussd/transliterate.ts'
import type { Answer } from './ports.ts'
import type { Routing } from './routing.ts'
import { sentences } from './system-messages.ts'
import type { Session } from './records/session.ts'

/** Where a dialogue rests after a turn, and what it shows there. */
export interface Rested {
  readonly kind: 'rested'
  readonly menu: CompiledMenu
  readonly state: DialogueState
  readonly screen: string
  /** Whether it is shown in Latin letters. */
  readonly latin: boolean
  readonly understood: boolean
  /** The screen asks for the secret that was given last once more. */
  readonly asksAgain: boolean
  /** The screen is a confirmation. */
  readonly confirms: boolean
  readonly answer: Answer
}

/** Starts the dialogue a dialled string leads to, and answers its first screens with what was dialled behind the code. */
export async function start(
  routing: Routing,
  dialled: string,
  language: Language,
  perform: Perform,
): Promise<Rested | { readonly kind: 'unknown-code' }> {
  const route = routing.route(dialled)
  if (!route) return { kind: 'unknown-code' }
  const { menu, latin, shortcut } = route
  const first = await begin(menu, language, perform)
  const { snapshot, understood } = await follow(menu, first, shortcut, perform)
  return rest({ menu, latin, snapshot, understood, language })
}

/** Takes a stored dialogue up where it rested. A menu that has changed since is not guessed at. */
export async function resume(
  routing: Routing,
  session: Session,
  state: DialogueState,
  typed: string,
  language: Language,
  perform: Perform,
): Promise<Rested | { readonly kind: 'menu-changed' }> {
  const menu = routing.menu(session.menu)
  if (!menu || menu.revision !== session.revision) return { kind: 'menu-changed' }
  const before = restore(menu, state)
  const after = await reply(menu, before, typed, perform)
  const understood = after !== undefined
  return rest({ menu, latin: session.latin, snapshot: after ?? before, understood, language })
}

function rest(turn: {
  readonly menu: CompiledMenu
  readonly snapshot: AnyMachineSnapshot
  readonly latin: boolean
  readonly understood: boolean
  readonly language: Language
}): Rested {
  const { menu, snapshot, latin, understood, language } = turn
  const screen = render(menu, snapshot, language)
  const text = understood ? screen : `${sentences.notUnderstood[language]}\n${screen}`
  const state = stateOf(snapshot)
  return {
    kind: 'rested',
    menu,
    state,
    screen: screenName(state.value),
    latin,
    understood,
    asksAgain: snapshot.hasTag('secret-again'),
    confirms: snapshot.hasTag('confirmation'),
    answer: {
      text: latin && language !== 'en' ? transliterate(text, language) : text,
      waits: !hasEnded(snapshot),
      ...(asksForSecret(snapshot) && { asksSecret: true }),
    },
  }
}
