import { measure } from '../ussd/message.ts'
import type { InputKind } from './application.ts'
import type { FaultName } from './faults.ts'

/** What a phone shows. */
export interface Screen {
  /** The dialogue's session id; empty where the screen is of no dialogue. */
  readonly session: string
  /** `waiting`: the dialogue goes on with an answer. */
  readonly state: 'waiting' | 'ended'
  readonly text: string
  readonly alphabet: 'gsm7' | 'ucs2'
  /** What the text takes on the air; a network carries 160. */
  readonly octets: number
  /** What went wrong, and mostly why the dialogue broke off: one English sentence, never what was typed. */
  readonly problem?: string
  /** What the network did to this turn because it was asked to. */
  readonly faults?: readonly FaultName[]
  /** What a waiting screen asks for, where the application says so. */
  readonly asks?: InputKind
}

/** A screen with its measure; what is undefined is left out. */
export function screenOf(of: {
  readonly session: string
  readonly state: Screen['state']
  readonly text: string
  readonly problem?: string | undefined
  readonly faults?: readonly FaultName[] | undefined
  readonly asks?: InputKind | undefined
}): Screen {
  const { session, state, text, problem, faults = [], asks } = of
  const { alphabet, octets } = measure(text)
  return {
    session,
    state,
    text,
    alphabet,
    octets,
    ...(problem !== undefined && { problem }),
    ...(faults.length > 0 && { faults }),
    ...(state === 'waiting' && asks !== undefined && { asks }),
  }
}
