import type { Language, Text } from '../../src/engine/authoring.ts'
import { assemble, dialogue } from './gateway.ts'
import type { SubscriberPatch } from '../../src/services/subscribers.ts'

type Assembled = ReturnType<typeof assemble>

/** What stands on a phone's screen, and which screen of the menu that is. */
export interface Shown {
  readonly screen: string | undefined
  readonly text: string
  readonly waits: boolean
  readonly understood: boolean
}

/** A text that depends on no context. */
export function plain(text: Text<never>): string {
  if (typeof text === 'string') return text
  throw new TypeError('the text depends on the context')
}

let numbers = 0

/** A number nobody has dialled from; no test password is a part of it. */
const freshMsisdn = () => `+37533${String(6_600_000 + numbers++)}`

/** A subscriber with a phone: registers a new number, and dials from it. */
export async function subscriberOf(
  gateway: Assembled,
  patch: Omit<SubscriberPatch, 'puk1' | 'password'> & { puk1?: string; password?: string } = {},
) {
  const msisdn = freshMsisdn()
  await gateway.register(msisdn, patch)

  const shown = ({ text, waits }: { text: string; waits: boolean }): Shown => {
    const report = gateway.reports.at(-1)
    return { screen: report?.screen, understood: report?.outcome === 'shown', text, waits }
  }
  /** A dialogue of its own: what it shows after each entry. */
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
    /** Dials, then types one reply after another; the last screen. */
    async talk(code: string, ...replies: readonly string[]): Promise<Shown> {
      const phone = begin(code)
      let last = await phone.dial()
      for (const reply of replies) last = await phone.type(reply)
      return last
    },
    change: (to: SubscriberPatch & { language?: Language }) => gateway.subscribers.put(msisdn, to),
    view: () => gateway.subscribers.get(msisdn),
    matches: (password: string) => gateway.matches(msisdn, password),
    /** What the journal says after the number was registered. */
    journal: async () => (await gateway.journalOf(msisdn)).slice(1),
  }
}
