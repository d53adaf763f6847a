import { measure } from '../ussd/message.ts'
import type { InputKind } from './application.ts'
import type { FaultName } from './faults.ts'

/** The display of a phone. */
export interface Screen {
  /** The session id of the dialogue; empty for a screen outside a dialogue. */
  readonly session: string
  /** `waiting`: the dialogue continues with a reply. */
  readonly state: 'waiting' | 'ended'
  readonly text: string
  readonly alphabet: 'gsm7' | 'ucs2'
  /** The encoded length of the text; a network carries 160 octets. */
  readonly octets: number
  /** A failure, usually the reason why the dialogue ended: one English sentence that never quotes typed text. */
  readonly problem?: string
  /** The faults injected into this turn. */
  readonly faults?: readonly FaultName[]
  /** The kind of reply that a waiting screen asks for, if the application reports it. */
  readonly asks?: InputKind
}

/** An input, with the screens before and after it. */
interface ObservedInput {
  readonly text: string
  readonly before: Screen
  readonly after: Screen
}

/** Records the use of a phone. */
export interface InputObserver {
  /** Call it in the order of the inputs. */
  recordInput(input: ObservedInput): Promise<void>
  recordHangUp(): void
}

/** Measures a screen. Leaves out undefined fields and empty faults. */
export function screenOf(fields: {
  readonly session: string
  readonly state: Screen['state']
  readonly text: string
  readonly problem?: string | undefined
  readonly faults?: readonly FaultName[] | undefined
  readonly asks?: InputKind | undefined
}): Screen {
  const { session, state, text, problem, faults = [], asks } = fields
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
