import type { Dialogue } from './dialogue.ts'
import { screenOf } from './screen.ts'
import type { Screen } from './screen.ts'

/** The state of one phone. */
export interface Phone {
  screen: Screen
  dialogue: Dialogue | undefined
  /** The latest dialogue begun, even if it is over. */
  last: Dialogue | undefined
  /** The number of dialogues begun on the default route. */
  begun: number
  /** Aborted and replaced when the phone is hung up. */
  connection: AbortController
  /** Settles after the last queued input. */
  inputs: Promise<unknown>
  /** The number of queued inputs. */
  waiting: number
}

/** The active phones, by MSISDN. Their number is limited, but busy phones always stay. */
export interface Phones extends Iterable<Phone> {
  get(msisdn: string): Phone | undefined
  /** Returns the phone; adds it if necessary. Adding one may evict the least recently used phone and its dialogue. */
  use(msisdn: string): Phone
  /** Returns the phone; adds it only if no other must be evicted. */
  look(msisdn: string): Phone | undefined
}

export function createPhones(maxPhones: number): Phones {
  const phones = new Map<string, Phone>()

  const use = (msisdn: string): Phone => {
    const phone = phones.get(msisdn) ?? {
      screen: blank(''),
      dialogue: undefined,
      last: undefined,
      begun: 0,
      connection: new AbortController(),
      inputs: Promise.resolve(),
      waiting: 0,
    }
    // A Map keeps insertion order: the least recently used phone comes first.
    phones.delete(msisdn)
    phones.set(msisdn, phone)
    for (const [other, { waiting, dialogue }] of phones) {
      if (phones.size <= maxPhones) break
      // Evicting a busy phone would let its next input overtake the current one.
      if (waiting > 0 || other === msisdn) continue
      dialogue?.end('failed')
      phones.delete(other)
    }
    return phone
  }

  return {
    get: (msisdn) => phones.get(msisdn),
    use,
    look: (msisdn) => phones.get(msisdn) ?? (phones.size < maxPhones ? use(msisdn) : undefined),
    [Symbol.iterator]: () => phones.values(),
  }
}

/**
 * Runs an input after the phone's earlier ones. Returns its result, or `whenHungUp()` if the phone was hung up while it waited.
 */
export function enqueue<T>(
  phone: Phone,
  input: (hungUp: AbortSignal) => Promise<T>,
  whenHungUp: () => T,
): Promise<{ readonly result: T; readonly before: Screen }> {
  const { signal } = phone.connection
  phone.waiting += 1
  const done = phone.inputs.then(async () => {
    const before = phone.screen
    return { result: signal.aborted ? whenHungUp() : await input(signal), before }
  })
  const dequeue = () => void (phone.waiting -= 1)
  phone.inputs = done.then(dequeue, dequeue)
  return done
}

/** Clears the screen, ends the dialogue and cancels pending inputs. */
export function hangUp(phone: Phone): void {
  phone.connection.abort()
  phone.connection = new AbortController()
  phone.dialogue?.end('cancelled')
  phone.dialogue = undefined
  phone.screen = blank(phone.screen.session)
}

/** Ends the phone's dialogue if it is past a time limit, and returns true if so. */
export function expireIfDue(phone: Phone): boolean {
  const screen = phone.dialogue?.expireIfDue()
  if (!screen) return false
  phone.dialogue = undefined
  phone.screen = screen
  return true
}

/** Returns an empty screen. */
export const blank = (session: string): Screen => screenOf({ session, text: '', state: 'ended' })
