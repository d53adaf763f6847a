import type { Dialogue } from './dialogue.ts'
import { screenOf } from './screen.ts'
import type { Screen } from './screen.ts'

/** A phone, as far as the network knows it. */
export interface Phone {
  screen: Screen
  dialogue: Dialogue | undefined
  /** The last one that was begun, also when it is over. */
  last: Dialogue | undefined
  /** Dialogues it began so far on the usual line. */
  begun: number
  /** Aborted and renewed when the phone is hung up. */
  route: AbortController
  /** Settles behind the last input. */
  inputs: Promise<unknown>
  waiting: number
}

/** The phones that are switched on, by MSISDN: at most so many, but for those that are busy. */
export interface Phones extends Iterable<Phone> {
  get(msisdn: string): Phone | undefined
  /** Switches it on, if need be. The one least recently used goes for it, and its dialogue with it. */
  use(msisdn: string): Phone
  /** Switches it on only where no other has to go for it. */
  look(msisdn: string): Phone | undefined
}

export function createPhones(most: number): Phones {
  const phones = new Map<string, Phone>()

  const use = (msisdn: string): Phone => {
    const phone = phones.get(msisdn) ?? {
      screen: blank(''),
      dialogue: undefined,
      last: undefined,
      begun: 0,
      route: new AbortController(),
      inputs: Promise.resolve(),
      waiting: 0,
    }
    // A Map keeps the order of insertion: the least recently used come first.
    phones.delete(msisdn)
    phones.set(msisdn, phone)
    for (const [other, { waiting, dialogue }] of phones) {
      if (phones.size <= most) break
      // One that is busy stays, or its next input would overtake this one.
      if (waiting > 0 || other === msisdn) continue
      dialogue?.end('failed')
      phones.delete(other)
    }
    return phone
  }

  return {
    get: (msisdn) => phones.get(msisdn),
    use,
    look: (msisdn) => phones.get(msisdn) ?? (phones.size < most ? use(msisdn) : undefined),
    [Symbol.iterator]: () => phones.values(),
  }
}

/** A screen with nothing on it. */
export const blank = (session: string): Screen => screenOf({ session, text: '', state: 'ended' })
