import type { Language, Text } from '../../src/engine/authoring.ts'
import { dialogue } from './gateway.ts'
import type { assemble, PlainPatch } from './gateway.ts'
import type { SubscriberPatch } from '../../src/services/subscriber-input.ts'

type Assembled = ReturnType<typeof assemble>

/** A displayed text, and the menu screen that it belongs to. */
export interface Shown {
  readonly screen: string | undefined
  readonly text: string
  readonly waits: boolean
  readonly understood: boolean
}

/** Returns a text that does not depend on the context; throws for any other. */
export function plain(text: Text<never>): string {
  if (typeof text === 'string') return text
  throw new TypeError('The text depends on the context.')
}

let numbers = 0

/** Returns an unused number that contains no test password. */
const freshMsisdn = () => `+37533${String(6_600_000 + numbers++)}`

/** Registers a new number and returns a phone for it. */
export async function subscriberOf(gateway: Assembled, patch: PlainPatch = {}) {
  const msisdn = freshMsisdn()
  await gateway.register(msisdn, patch)

  const shown = ({ text, waits }: { text: string; waits: boolean }): Shown => {
    const report = gateway.reports.at(-1)
    return { screen: report?.screen, understood: report?.outcome === 'shown', text, waits }
  }
  /** Starts a separate dialogue. */
  const begin = (code: string) => {
    const phone = dialogue(gateway, msisdn)
    return {
      dial: async () => shown(await phone.dial(code)),
      type: async (reply: string) => shown(await phone.type(reply)),
    }
  }
  return {
    msisdn,
    begin,
    /** Dials, types all replies and returns the last screen. */
    async talk(code: string, ...replies: readonly string[]): Promise<Shown> {
      const phone = begin(code)
      let last = await phone.dial()
      for (const reply of replies) last = await phone.type(reply)
      return last
    },
    change: (to: SubscriberPatch & { language?: Language }) => gateway.subscribers.put(msisdn, to),
    view: () => gateway.subscribers.get(msisdn),
    matches: (password: string) => gateway.matches(msisdn, password),
    /** Returns the journal changes after the registration. */
    journal: async () => (await gateway.journalOf(msisdn)).slice(1),
  }
}
