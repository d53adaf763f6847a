import type { RecordName } from '../../../src/gateway/ports.ts'
import { PUK1_ATTEMPTS } from '../../../src/gateway/records/subscriber.ts'
import type { JournalRecord, Subscriber } from '../../../src/gateway/records/subscriber.ts'
import type { Delivery } from './delivery.ts'
import { lineName, nameOf, typedIn } from './delivery.ts'
import { keysOf } from './keys.ts'
import type { KeyPlan } from './schedule.ts'
import type { Compared } from './services.ts'
import { PUK1 } from './typed.ts'

/** What must hold of PUK1, of access and of passwords, whatever goes wrong. */
export interface SecretPromises {
  /** A comparison with PUK1 was made. */
  compared(compared: Compared, by: Delivery | undefined): void
  /** A record of a subscriber was written: for the first time, by a turn, or by the operator. */
  written(
    record: RecordName,
    before: Subscriber | undefined,
    after: Subscriber,
    by: Delivery | undefined,
    entries: readonly JournalRecord[],
  ): void
  /** A turn was committed; `before`: what the dialogue showed, and what was typed, last. */
  taken(
    delivery: Delivery,
    text: string,
    before: { readonly text: string; readonly typed?: string | undefined } | undefined,
  ): void
  /** A dialogue begins. */
  begun(delivery: Delivery): void
}

/** What is known of one subscriber's PUK1. */
interface Known {
  now: Subscriber
  /** How many different guesses may be compared, and which were, since all attempts were given. */
  most: number
  guesses: Set<string>
  /** The counts that were shown since then. */
  shown: Set<number>
  /** Who reserved an attempt. */
  readonly owners: Map<string, Delivery>
}

/** What the answers of one dialogue have cost and done. */
interface Spent {
  readonly attempts: Map<string, number>
  readonly effects: Map<string, number>
}

const LEFT = /ttempts left: (\d+)/
const CONFIRMATION = 'Close access to self-care?'
const REFUSED: ReadonlySet<string> = new Set(['puk1-refused', 'puk1-locked'])

export function createSecretPromises(options: {
  readonly keys: KeyPlan
  readonly violated: (rule: string, detail: string) => void
}): SecretPromises {
  const { violated } = options
  const known = new Map<RecordName, Known>()
  const spent = new Map<string, Spent>()
  /** Whose last comparison was right. */
  const right = new Map<RecordName, Delivery | undefined>()
  const keyIds = options.keys.at.map((names) => keysOf(names).ids)

  const spentBy = (delivery: Delivery): Spent => {
    const name = lineName(delivery.dialogue)
    const line = spent.get(name) ?? { attempts: new Map(), effects: new Map() }
    spent.set(name, line)
    return line
  }

  const count = (counts: Map<string, number>, { key }: Delivery, by: number): number => {
    const sum = (counts.get(key) ?? 0) + by
    counts.set(key, sum)
    return sum
  }

  /** All attempts are given anew: what was counted and shown before may be again. */
  function giveAll(of: Known, record: RecordName): void {
    const subscriber = `${record.slice(-1)} `
    for (const [name, { attempts }] of spent) if (name.startsWith(subscriber)) attempts.clear()
    of.most = PUK1_ATTEMPTS
    of.guesses = new Set()
    of.shown = new Set()
  }

  /** The attempts of a turn are counted once, before the comparison; all of them come back by a right one alone. */
  function counted(of: Known, record: RecordName, after: Subscriber, by: Delivery, isOpened: boolean): void {
    const { now: before } = of
    const lost = before.puk1AttemptsLeft - after.puk1AttemptsLeft
    const what = nameOf(by)
    if (isOpened) {
      if (right.get(record) !== by) violated('only the right PUK1 opens access', what)
      return giveAll(of, record)
    }
    if (lost === 1 && count(spentBy(by).attempts, by, 1) > 1)
      violated('a turn costs one attempt', `${what} cost another`)
    if (lost === -1) {
      // Nothing was compared; the count may be shown to whoever comes next.
      count(spentBy(by).attempts, by, -1)
      of.shown.clear()
    }
    if (Math.abs(lost) > 1)
      violated('no update is lost', `${before.puk1AttemptsLeft} attempts became ${after.puk1AttemptsLeft}`)
    const isPending = JSON.stringify(before.puk1Pending) !== JSON.stringify(after.puk1Pending)
    if ((lost !== 0 || isPending) && before.puk1 && !keyIds[by.place]?.includes(before.puk1.key)) {
      violated('under an unknown key nothing is counted', `${what} at ${'AB'[by.place]}`)
    }
  }

  return {
    compared({ record, guess, isRight }, by) {
      const of = known.get(record)
      if (!of) return
      const isReserved = of.now.puk1Pending.some(({ owner }) => by && of.owners.get(owner) === by)
      if (!isReserved) {
        violated('an attempt is counted before it is compared', by ? nameOf(by) : 'somebody compared')
      }
      of.guesses.add(guess)
      if (of.guesses.size > of.most)
        violated('no more guesses are compared than are left', `${of.guesses.size} of ${of.most}`)
      right.set(record, isRight ? by : undefined)
    },

    written(record, before, after, by, entries) {
      const of = known.get(record)
      if (!of || !before) {
        known.set(record, {
          now: after,
          most: after.puk1AttemptsLeft,
          guesses: new Set(),
          shown: new Set(),
          owners: new Map(),
        })
        return
      }
      if (!by) giveAll(of, record)
      else {
        const changes = new Set<string>(entries.map(({ change }) => change))
        for (const { owner } of after.puk1Pending) if (!of.owners.has(owner)) of.owners.set(owner, by)
        counted(of, record, after, by, changes.has('access-opened'))
        if (entries.some(({ change }) => REFUSED.has(change)) && typedIn(by) === PUK1)
          violated('a right secret is not counted as wrong', nameOf(by))
        // Those of the counting menu are judged where they are counted.
        if (changes.size > 0 && !changes.has('subscriber-changed')) effected(by, changes)
      }
      of.now = after
    },

    begun: (delivery) => void spent.delete(lineName(delivery.dialogue)),

    taken(delivery, text, before) {
      const left = LEFT.exec(text)?.[1]
      const typed = typedIn(delivery)
      const of = known.get(`subscriber:${delivery.callback.msisdn.slice(1)}`)
      if (of && left !== undefined && /^\d{8}$/.test(typed ?? '')) {
        if (of.shown.has(Number(left)))
          violated('a count is shown once', `${nameOf(delivery)} was shown ${left} again`)
        of.shown.add(Number(left))
      }
      const isRepeated = before?.text.startsWith('Repeat the new password') && before.typed === typed
      if (isRepeated && text.startsWith('The passwords differ'))
        violated('a right secret is not counted as wrong', nameOf(delivery))
      if (FAILED.some((failed) => text.startsWith(failed)))
        violated('what was not done leaves no receipt', nameOf(delivery))
    },
  }

  /**
   * An answer in a shipped menu has one effect, however often and late its callback comes. Where nothing numbers the callbacks, a
   * late copy of the first entry of a password on the screen that asks for it again is taken for the second: the residue that is
   * accepted, and all the same one effect.
   */
  function effected(by: Delivery, changes: ReadonlySet<string>): void {
    const { effects } = spentBy(by)
    if (count(effects, by, 1) > 1) violated('a late copy has no second effect', nameOf(by))
    if (!changes.has('access-closed') || by.isFirst || by.screen === undefined) return
    if (!by.screen.includes(CONFIRMATION))
      violated('a late copy confirms nothing', `${nameOf(by)} was typed at '${by.screen}'`)
  }
}

/** The screens of menus whose effects could not be carried out. */
const FAILED = ['It failed', 'The service is unavailable now']
