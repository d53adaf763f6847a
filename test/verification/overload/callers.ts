import { systemMessages } from '../../../src/gateway/system-messages.ts'
import type { Connections } from './connections.ts'

/** The outcome of a turn. `unsent`: no connection was free. */
export type Outcome = 'served' | 'rejected' | 'unavailable' | 'unsent' | 'broken'

/** Sends turns of many subscribers in the Africa's Talking dialect. */
export interface Callers {
  /** Sends the second turn of an open dialogue, or the first of a new one. Each takes two round trips to Redis. */
  plain(): Promise<Outcome>
  /** Sends the first two turns of setting a password; returns the third, which hashes it. */
  prepare(): Promise<(() => Promise<Outcome>) | undefined>
}

const screens = {
  access: /^CON Доступ в личный кабинет открыт/,
  exit: /^END /,
  password: /^CON Личный кабинет/,
  repeat: /^CON Повторите/,
  saved: /^END Пароль сохранён/,
}

const BUSY = `END ${systemMessages.busy.ru}`
const UNAVAILABLE = `END ${systemMessages.unavailable.ru}`

/** Creates callers for subscribers with the language `ru` and open access. */
export function createCallers(connections: Connections, msisdns: readonly string[]): Callers {
  let dialogues = 0
  const waiting: { readonly sessionId: string; readonly msisdn: string }[] = []

  async function turn(
    { sessionId, msisdn }: { readonly sessionId: string; readonly msisdn: string },
    code: string,
    text: string,
    screen: RegExp,
  ): Promise<Outcome> {
    const form = new URLSearchParams({ sessionId, phoneNumber: msisdn, serviceCode: code, text }).toString()
    const sent = connections.post('/ussd/africastalking', form)
    if (!sent) return 'unsent'
    const { status, body } = await sent
    if (status !== 200) return 'broken'
    if (body === BUSY) return 'rejected'
    if (body === UNAVAILABLE) return 'unavailable'
    return screen.test(body) ? 'served' : 'rejected'
  }

  const begin = () => {
    dialogues += 1
    const msisdn = msisdns[dialogues % msisdns.length] ?? ''
    return { sessionId: `overload-${process.pid}-${dialogues}`, msisdn }
  }

  return {
    async plain() {
      const open = waiting.shift()
      if (open) return turn(open, '*141*3*6#', '0', screens.exit)
      const dialogue = begin()
      const outcome = await turn(dialogue, '*141*3*6#', '', screens.access)
      if (outcome === 'served') waiting.push(dialogue)
      return outcome
    },

    async prepare() {
      const dialogue = begin()
      const first = await turn(dialogue, '*141*0#', '', screens.password)
      if (first !== 'served') return undefined
      if ((await turn(dialogue, '*141*0#', '80291', screens.repeat)) !== 'served') return undefined
      return () => turn(dialogue, '*141*0#', '80291*80291', screens.saved)
    },
  }
}
