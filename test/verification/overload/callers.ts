import { systemMessages } from '../../../src/gateway/system-messages.ts'
import type { Connections } from './connections.ts'

/** What a turn came to. `unsent`: every connection was taken, as with an aggregator of so many. */
export type Outcome = 'served' | 'refused' | 'unavailable' | 'unsent' | 'broken'

/** Sends turns of many subscribers in the dialect of Africa's Talking. */
export interface Callers {
  /** The next turn of a dialogue that was begun, or the first of another: two round trips to Redis each. */
  plain(): Promise<Outcome>
  /** Two turns of a dialogue that sets a password; what is left of it is the turn that hashes one. */
  prepare(): Promise<(() => Promise<Outcome>) | undefined>
}

const screens = {
  access: /^CON Доступ в личный кабинет открыт/,
  left: /^END /,
  password: /^CON Личный кабинет/,
  repeat: /^CON Повторите/,
  saved: /^END Пароль сохранён/,
}

const BUSY = `END ${systemMessages.busy.ru}`
const UNAVAILABLE = `END ${systemMessages.unavailable.ru}`

/** @param msisdns subscribers whose language is Russian and whose access is open */
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
    if (body === BUSY) return 'refused'
    if (body === UNAVAILABLE) return 'unavailable'
    return screen.test(body) ? 'served' : 'refused'
  }

  const begin = () => {
    dialogues += 1
    const msisdn = msisdns[dialogues % msisdns.length] ?? ''
    return { sessionId: `overload-${process.pid}-${dialogues}`, msisdn }
  }

  return {
    async plain() {
      const goesOn = waiting.shift()
      if (goesOn) return turn(goesOn, '*141*3*6#', '0', screens.left)
      const dialogue = begin()
      const outcome = await turn(dialogue, '*141*3*6#', '', screens.access)
      if (outcome === 'served') waiting.push(dialogue)
      return outcome
    },

    async prepare() {
      const dialogue = begin()
      const asked = await turn(dialogue, '*141*0#', '', screens.password)
      if (asked !== 'served') return undefined
      if ((await turn(dialogue, '*141*0#', '80291', screens.repeat)) !== 'served') return undefined
      return () => turn(dialogue, '*141*0#', '80291*80291', screens.saved)
    },
  }
}
