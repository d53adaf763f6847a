import { setTimeout as delay } from 'node:timers/promises'
import { startsWithCode } from '../dialects/encoding/fields.ts'
import { dial, refused, reply } from './dial-pad.ts'
import type { KeyedInput, Refused } from './dial-pad.ts'
import { createDialogue } from './dialogue.ts'
import type { Dialogue } from './dialogue.ts'
import type { Route, Pause } from './network.ts'
import { blank, createPhones, enqueue, expireIfDue, hangUp } from './phones.ts'
import type { Phone } from './phones.ts'
import { profiles } from './profiles.ts'
import type { Profile } from './profiles.ts'
import { createPush } from './push.ts'
import type { Push } from './push.ts'
import { screenOf } from './screen.ts'
import type { Screen } from './screen.ts'

/** The result of an input. `before` is the screen that the input was applied to. */
type InputResult = { readonly kind: 'screen'; readonly screen: Screen; readonly before: Screen } | Refused

/** Simulated phones, one per MSISDN (E.164 with `+`). */
export interface Handsets {
  /**
   * Types and sends a line: a code on an idle phone, a reply in a dialogue. Inputs of one phone are processed in order; those
   * queued before a hang-up are dropped. Never rejects: failures appear on the screen.
   *
   * @param route overrides the default route for a new dialogue; a dialogue in progress keeps its route
   */
  type(msisdn: string, text: string, route?: Route): Promise<InputResult>
  /**
   * Sends the phone's last callback again, even after the end of the dialogue. The screen stays; its `problem` says if the
   * answer differs.
   */
  repeat(msisdn: string): Promise<InputResult>
  /** Returns the current screen. */
  screen(msisdn: string): Screen
  /** Clears the screen and ends the dialogue at once, even while its answer is pending. */
  hangUp(msisdn: string): void
  /** Begins a network-initiated dialogue. A phone is on once it was used or its screen was read. */
  push(msisdn: string, session: string): PushOpening
  /** Ends every dialogue past its time limit. Otherwise, this happens when the phone is next used. */
  tick(): void
  /** Resolves when every notice of an ended dialogue is sent or has failed. */
  whenIdle(): Promise<void>
}

/** `busy`: a phone has at most one dialogue (3GPP TS 24.090, 6.2). `absent`: the phone is off. */
type PushOpening =
  { readonly kind: 'open'; readonly push: Push } | { readonly kind: 'busy' } | { readonly kind: 'absent' }

/**
 * Creates phones and the network between them and an application. Callbacks go over HTTP in the dialect, so the application
 * may be any program. At most `maxPhones` phones are kept; the least recently used one is evicted with its dialogue.
 *
 * @param options the default route. `now`: milliseconds of a monotonic clock. `pause`: the delay of a callback. No timer
 * runs: time limits are checked on use and on `tick`.
 */
export function createHandsets(
  options: Route & {
    readonly maxPhones?: number
    readonly now?: () => number
    readonly pause?: Pause
  },
): Handsets {
  const { maxPhones = 10_000, now = () => performance.now(), pause = sleep } = options
  const phones = createPhones(maxPhones)
  const background = createBackground()
  const environment = { now, pause, runInBackground: (work: Promise<unknown>) => background.run(work) }

  const run = async (
    msisdn: string,
    input: (phone: Phone, hungUp: AbortSignal) => Promise<Screen | Refused>,
  ): Promise<InputResult> => {
    const phone = phones.use(msisdn)
    const { result, before } = await enqueue<Screen | Refused>(
      phone,
      (hungUp) => input(phone, hungUp),
      () => phone.screen,
    )
    return 'kind' in result ? result : { kind: 'screen', screen: result, before }
  }

  return {
    type: (msisdn, text, route) =>
      run(msisdn, (phone, hungUp) => take(phone, { msisdn, text, route, hungUp })),

    repeat: (msisdn) =>
      run(msisdn, async (phone, hungUp) => {
        if (!phone.last) return refused('This phone has sent no callback yet.')
        const problem = await phone.last.repeat(hungUp)
        return { ...phone.screen, ...(problem !== undefined && { problem }) }
      }),

    screen(msisdn) {
      const phone = phones.look(msisdn)
      if (phone?.waiting === 0) expireIfDue(phone)
      return phone?.screen ?? blank('')
    },

    push(msisdn, session) {
      const phone = phones.get(msisdn)
      const { profile = profiles.default } = options
      return phone ? openPush(phone, { session, profile, now }) : { kind: 'absent' }
    },

    hangUp(msisdn) {
      const phone = phones.get(msisdn)
      if (phone) hangUp(phone)
    },

    tick() {
      for (const phone of phones) if (phone.waiting === 0) expireIfDue(phone)
    },

    whenIdle: () => background.whenIdle(),
  }

  async function take(
    phone: Phone,
    { msisdn, text, route = options, hungUp }: Input & { readonly hungUp: AbortSignal },
  ): Promise<Screen | Refused> {
    // A reply to an expired dialogue is dropped: as a code, it would have another meaning.
    if (expireIfDue(phone) && !text.trimEnd().endsWith('#')) return phone.screen
    const { max } = (phone.dialogue?.profile ?? route.profile ?? profiles.default).input
    const keyed: KeyedInput = phone.dialogue ? reply(text, max) : dial(text, max)
    if (keyed.kind === 'refused') return keyed
    if (keyed.kind === 'kept') {
      phone.screen = screenOf({ session: '', text: keyed.text, state: 'ended' })
      return phone.screen
    }
    const unrouted = phone.dialogue ? undefined : unroutedProblem(keyed.text, route.serviceCode)
    if (unrouted !== undefined) return refused(unrouted)
    const screen = await (phone.dialogue
      ? phone.dialogue.answer(keyed.text, hungUp)
      : begin(phone, { msisdn, text: keyed.text, route }).begin(hungUp))
    if (!screen) return phone.screen
    phone.screen = screen
    if (screen.state === 'ended') phone.dialogue = undefined
    return screen
  }

  function begin(phone: Phone, { msisdn, text, route = options }: Input): Dialogue {
    // On an overriding route, the seed alone decides the faults, whatever was dialled before.
    const number = route === options ? phone.begun++ : 0
    phone.dialogue = phone.last = createDialogue(route, { msisdn, dialled: text, number }, environment)
    return phone.dialogue
  }
}

function openPush(
  phone: Phone,
  options: { readonly session: string; readonly profile: Profile; readonly now: () => number },
): PushOpening {
  if (phone.waiting === 0) expireIfDue(phone)
  if (phone.waiting > 0 || phone.dialogue) return { kind: 'busy' }
  const push = createPush({
    ...options,
    show: (screen) => void (phone.screen = screen),
    leave: () => void (phone.dialogue = undefined),
  })
  phone.dialogue = push.dialogue
  return { kind: 'open', push }
}

/** Returns the reason why a network does not route a dialled string to the application of a code. */
const unroutedProblem = (dialled: string, serviceCode: string | undefined): string | undefined =>
  serviceCode === undefined || startsWithCode(dialled, serviceCode)
    ? undefined
    : `The network does not route this code to the application: it does not start with ${serviceCode}, the registered service code.`

interface Input {
  readonly msisdn: string
  readonly text: string
  readonly route: Route | undefined
}

function createBackground() {
  const pending = new Set<Promise<unknown>>()
  return {
    run(work: Promise<unknown>) {
      const done = work.finally(() => pending.delete(done)).catch(() => undefined)
      pending.add(done)
    },
    async whenIdle() {
      while (pending.size > 0) await Promise.allSettled(pending)
    },
  }
}

const sleep: Pause = (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined)
