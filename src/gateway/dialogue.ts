import type { AnyMachineSnapshot } from 'xstate'
import type { Language } from '../engine/authoring.ts'
import { UssdError } from '../engine/errors.ts'
import type { CompiledMenu } from '../engine/menu.ts'
import { render, screenName } from '../engine/render.ts'
import { asksForSecret, begin, applyShortcut, hasEnded, reply, restore, stateOf } from '../engine/turn.ts'
import type { DialogueState, RunEffect } from '../engine/turn.ts'
import { isTransliterated, transliterate } from '../ussd/transliterate.ts'
import type { Answer } from './ports.ts'
import type { Project } from './project.ts'
import type { Routing } from './routing.ts'
import type { Session } from './records/session.ts'

/** A dialogue after a turn: its state, its screen and the answer. */
export interface DialogueResult {
  readonly kind: 'rested'
  readonly menu: CompiledMenu
  readonly state: DialogueState
  readonly screen: string
  /** True when the screen is shown in Latin letters. */
  readonly latin: boolean
  readonly understood: boolean
  /** The screen asks to repeat a secret. */
  readonly asksAgain: boolean
  /** The screen is a confirmation. */
  readonly confirms: boolean
  readonly answer: Answer
}

interface Served {
  readonly project: Project
  readonly routing: Routing
}

/** Starts the dialogue of a dialled string, and answers its first screens with the arguments after the code. */
export async function start(
  { project, routing }: Served,
  dialled: string,
  language: Language,
  runEffect: RunEffect,
): Promise<DialogueResult | { readonly kind: 'unknown-code' }> {
  const route = routing.route(dialled)
  if (!route) return { kind: 'unknown-code' }
  const { menu, latin, shortcut } = route
  const first = await begin(menu, language, runEffect)
  const { snapshot, understood } = await applyShortcut(menu, first, shortcut, runEffect)
  return toResult(project, { menu, latin, snapshot, understood, language })
}

/** Resumes a stored dialogue with a reply. Returns `menu-changed` when the menu has another revision. */
export async function resume(
  { project, routing }: Served,
  session: Session,
  state: DialogueState,
  typed: string,
  language: Language,
  runEffect: RunEffect,
): Promise<DialogueResult | { readonly kind: 'menu-changed' }> {
  const menu = routing.menu(session.menu)
  if (!menu || menu.revision !== session.revision) return { kind: 'menu-changed' }
  const before = restore(menu, state)
  const after = await reply(menu, before, typed, runEffect)
  const understood = after !== undefined
  return toResult(project, { menu, latin: session.latin, snapshot: after ?? before, understood, language })
}

function renderText(menu: CompiledMenu, snapshot: AnyMachineSnapshot, language: Language): string {
  try {
    return render(menu, snapshot, language)
  } catch (cause) {
    const detail = `the text of ${menu.code} '${screenName(snapshot.value as DialogueState['value'])}' throws`
    throw cause instanceof UssdError ? cause : new UssdError('USSD_MENU_FAULTY', { detail, cause })
  }
}

function toResult(
  { messages }: Project,
  turn: {
    readonly menu: CompiledMenu
    readonly snapshot: AnyMachineSnapshot
    readonly latin: boolean
    readonly understood: boolean
    readonly language: Language
  },
): DialogueResult {
  const { menu, snapshot, latin, understood, language } = turn
  const screen = renderText(menu, snapshot, language)
  const text = understood ? screen : `${messages.notUnderstood[language]}\n${screen}`
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
      text: latin && isTransliterated(language) ? transliterate(text, language) : text,
      waits: !hasEnded(snapshot),
      ...(asksForSecret(snapshot) && { asksSecret: true }),
    },
  }
}
