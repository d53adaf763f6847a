import { dial, reply } from './dial-pad.ts'
import type { KeyedInput } from './dial-pad.ts'
import { createDialogue } from './dialogue.ts'
import type { Dialogue } from './dialogue.ts'
import type { Route, Pause } from './network.ts'
import { blank, createPhones } from './phones.ts'
import type { Phone } from './phones.ts'
import { profiles } from './profiles.ts'
import { createPush } from './push.ts'
import type { Push } from './push.ts'
import { screenOf } from './screen.ts'
import type { Screen } from './screen.ts'

/** What became of an input. */
type InputResult =
  /** `before`: what it showed when its turn came. */
  { readonly kind: 'screen'; readonly screen: Screen; readonly before: Screen } | Refused

interface Shown {
  readonly kind: 'screen'
  readonly screen: Screen
}

/** Nothing was sent and the screen stays as it is; `sentence` says why. */
interface Refused {
  readonly kind: 'refused'
  readonly sentence: string
}

/** Simulated phones, one per MSISDN (E.164 with `+`). */
export interface Handsets {
  /**
   * Types a line and sends it: a code on an idle phone, an answer in a dialogue. Inputs of one phone are carried out one
   * after another; those of a dialogue that was hung up meanwhile are dropped. Does not reject: what goes wrong is shown.
   *
   * @param line where a dialogue that begins now leads, instead of the usual; one in progress stays where it began
   */
  type(msisdn: string, text: string, line?: Route): Promise<InputResult>
  /**
   * Has the aggregator send the phone's last callback again, also when its dialogue is over: the screen stays as it is, and
   * its `problem` says whether the copy was answered otherwise.
   */
  repeat(msisdn: string): Promise<InputResult>
  /** What is on the screen now. */
  screen(msisdn: string): Screen
  /** Clears the screen; a dialogue ends at once, also where its answer is still awaited. */
  hangUp(msisdn: string): void
  /** Begins a dialogue from the network's side. A phone is switched on when it was used or looked at. */
  push(msisdn: string, session: string): Pushed
  /** Ends every dialogue whose time is over. Without it, a phone is looked at when it is used. */
  tick(): void
  /** When every application heard, or could not hear, which of its dialogues are over. */
  whenIdle(): Promise<void>
}

/** `busy`: a phone has one dialogue at a time (3GPP TS 24.090 6.2). */
type Pushed =
  { readonly kind: 'open'; readonly push: Push } | { readonly kind: 'busy' } | { readonly kind: 'absent' }

/**
 * Phones and the network between them and an application: the callback goes over HTTP in the dialect's own form, so that
 * nothing here knows how the application is made. Only as much is remembered as `maxPhones` phones need: the one that was
 * least recently used goes first, and its dialogue with it.
 *
 * @param options the usual line, and `now`: milliseconds of a clock that does not jump. Dialogues are looked at on use and on
 * `tick`, no timer runs. `pause` is how a callback is held up.
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
  const asides = new Set<Promise<unknown>>()
  const surroundings = {
    now,
    pause,
    runInBackground(work: Promise<unknown>) {
      const done = work.finally(() => asides.delete(done)).catch(() => undefined)
      asides.add(done)
    },
  }

  /** One input of a phone after another. */
  const inTurn = (
    msisdn: string,
    input: (phone: Phone, hungUp: AbortSignal) => Promise<Shown | Refused>,
  ): Promise<InputResult> => {
    const phone = phones.use(msisdn)
    const { signal } = phone.route
    phone.waiting += 1
    const typed = phone.inputs.then(async () => {
      const before = phone.screen
      const typed = signal.aborted ? shown(phone) : await input(phone, signal)
      return typed.kind === 'screen' ? { ...typed, before } : typed
    })
    const settle = () => void (phone.waiting -= 1)
    phone.inputs = typed.then(settle, settle)
    return typed
  }

  return {
    type: (msisdn, text, line) =>
      inTurn(msisdn, (phone, hungUp) => take(phone, { msisdn, text, line, hungUp })),

    repeat: (msisdn) =>
      inTurn(msisdn, async (phone, hungUp) => {
        if (!phone.last) return { kind: 'refused', sentence: 'This phone has sent no callback yet.' }
        const problem = await phone.last.repeat(hungUp)
        return { kind: 'screen', screen: { ...phone.screen, ...(problem !== undefined && { problem }) } }
      }),

    screen(msisdn) {
      const phone = phones.look(msisdn)
      if (phone?.waiting === 0) expireIfDue(phone)
      return phone?.screen ?? blank('')
    },

    push(msisdn, session) {
      const phone = phones.get(msisdn)
      if (!phone) return { kind: 'absent' }
      if (phone.waiting === 0) expireIfDue(phone)
      if (phone.waiting > 0 || phone.dialogue) return { kind: 'busy' }
      const { profile = profiles.default } = options
      const push = createPush({
        session,
        profile,
        now,
        show: (screen) => void (phone.screen = screen),
        leave: () => void (phone.dialogue = undefined),
      })
      phone.dialogue = push.dialogue
      return { kind: 'open', push }
    },

    hangUp(msisdn) {
      const phone = phones.get(msisdn)
      if (!phone) return
      phone.route.abort()
      phone.route = new AbortController()
      phone.dialogue?.end('cancelled')
      phone.dialogue = undefined
      phone.screen = blank(phone.screen.session)
    },

    tick() {
      for (const phone of phones) if (phone.waiting === 0) expireIfDue(phone)
    },

    async whenIdle() {
      while (asides.size > 0) await Promise.allSettled(asides)
    },
  }

  async function take(
    phone: Phone,
    { msisdn, text, line = options, hungUp }: Input & { readonly hungUp: AbortSignal },
  ): Promise<Shown | Refused> {
    // It was meant for a dialogue that is no more: as a code it would mean something else.
    if (expireIfDue(phone) && !text.trimEnd().endsWith('#')) return shown(phone)
    const { most } = (phone.dialogue?.profile ?? line.profile ?? profiles.default).input
    const pressed: KeyedInput = phone.dialogue ? reply(text, most) : dial(text, most)
    if (pressed.kind === 'refused') return pressed
    if (pressed.kind === 'kept') {
      phone.screen = screenOf({ session: '', text: pressed.sentence, state: 'ended' })
      return shown(phone)
    }
    const next = phone.dialogue
      ? phone.dialogue.answer(pressed.text, hungUp)
      : begin(phone, { msisdn, text: pressed.text, line }).begin(hungUp)
    const screen = await next
    if (!screen) return shown(phone)
    phone.screen = screen
    if (screen.state === 'ended') phone.dialogue = undefined
    return shown(phone)
  }

  function begin(phone: Phone, { msisdn, text, line = options }: Input): Dialogue {
    // On a line of its own, the same seed means the same dialogue, whatever was dialled before.
    const number = line === options ? phone.begun++ : 0
    phone.dialogue = phone.last = createDialogue(line, { msisdn, dialled: text, number }, surroundings)
    return phone.dialogue
  }
}

interface Input {
  readonly msisdn: string
  readonly text: string
  readonly line: Route | undefined
}

/** Whether the network ends the phone's dialogue now. */
function expireIfDue(phone: Phone): boolean {
  const screen = phone.dialogue?.expireIfDue()
  if (!screen) return false
  phone.dialogue = undefined
  phone.screen = screen
  return true
}

const shown = ({ screen }: Phone): Shown => ({ kind: 'screen', screen })

const sleep: Pause = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
