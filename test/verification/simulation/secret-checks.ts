import type { RecordName } from '../../../src/gateway/ports.ts'
import { PUK1_ATTEMPTS } from '../../../menus/record.ts'
import type { JournalRecord } from '../../../src/gateway/records/draft.ts'
import type { Subscriber } from '../../../menus/record.ts'
import type { Delivery } from './delivery.ts'
import { nameOf, sessionKey, typedIn } from './delivery.ts'
import { keysOf } from './keys.ts'
import type { KeyPlan } from './plan.ts'
import type { Comparison } from './services.ts'
import { PUK1 } from './typed.ts'

/** The observed state of one subscriber's PUK1. */
interface Observed {
  readonly record: RecordName
  subscriber: Subscriber
  /** The turn whose comparison was right last. */
  right?: Delivery | undefined
  /** The budget since all attempts were restored. */
  budget: Budget
  /** Attempt counts shown since then. */
  readonly shown: Set<number>
  /** The reservations without a comparison yet, by owner id. Restoring all attempts keeps them: they are counted already. */
  readonly reservations: Map<string, Reservation>
}

/** The limit of different guesses, and the guesses compared. */
interface Budget {
  readonly maxGuesses: number
  readonly guesses: Set<string>
}

/** A turn that has reserved an attempt, and the budget that counted it. */
interface Reservation {
  readonly by: Delivery
  readonly budget: Budget
}

/** Attempts and effects of one dialogue, counted by input key. */
interface Usage {
  readonly attempts: Map<string, number>
  readonly effects: Map<string, number>
}

const ATTEMPTS_LEFT = /ttempts left: (\d+)/
const REFUSED: ReadonlySet<string> = new Set(['puk1-refused', 'puk1-locked'])
/** Starts of screens that report a failed effect. */
const FAILED = ['It failed', 'The service is unavailable now']

/** Checks PUK1 attempts, access and passwords under any fault. */
export class SecretChecks {
  readonly #violated
  readonly #observed = new Map<RecordName, Observed>()
  readonly #usage = new Map<string, Usage>()
  readonly #keyIds: readonly (readonly string[])[]

  constructor(options: {
    readonly keys: KeyPlan
    readonly violated: (rule: string, detail: string) => void
  }) {
    this.#violated = options.violated
    this.#keyIds = options.keys.nodes.map((names) => keysOf(names).ids)
  }

  /** Call it when a guess has been compared with PUK1. */
  compared({ record, guess, isRight }: Comparison, by: Delivery | undefined): void {
    const observed = this.#observed.get(record)
    if (!observed) return
    const [owner, reservation] = [...observed.reservations].find(([, one]) => one.by === by) ?? []
    if (owner === undefined) {
      const detail = by ? nameOf(by) : 'an unknown turn compared'
      this.#violated('an attempt is counted before it is compared', detail)
    } else observed.reservations.delete(owner)
    const { guesses, maxGuesses } = reservation?.budget ?? observed.budget
    guesses.add(guess)
    if (guesses.size > maxGuesses)
      this.#violated('no more guesses are compared than are left', `${guesses.size} of ${maxGuesses}`)
    observed.right = isRight ? by : undefined
  }

  /** Call it when a subscriber record has been created, or changed by a turn or the operator. */
  written(
    record: RecordName,
    before: Subscriber | undefined,
    after: Subscriber,
    by: Delivery | undefined,
    entries: readonly JournalRecord[],
  ): void {
    const observed = this.#observed.get(record)
    if (!observed || !before) {
      this.#observed.set(record, {
        record,
        subscriber: after,
        budget: { maxGuesses: after.puk1AttemptsLeft, guesses: new Set() },
        shown: new Set(),
        reservations: new Map(),
      })
      return
    }
    if (by) this.#writtenByTurn(observed, after, by, new Set(entries.map(({ change }) => change)))
    else this.#attemptsRestored(observed)
    observed.subscriber = after
  }

  /** Call it when a dialogue begins. */
  begun(delivery: Delivery): void {
    this.#usage.delete(sessionKey(delivery.dialogue))
  }

  /** Call it when a turn has been committed. `before`: the previous screen of the dialogue and the reply to it. */
  turnCommitted(
    delivery: Delivery,
    text: string,
    before: { readonly text: string; readonly typed?: string | undefined } | undefined,
  ): void {
    const what = nameOf(delivery)
    const typed = typedIn(delivery)
    const left = ATTEMPTS_LEFT.exec(text)?.[1]
    const observed = this.#observed.get(`subscriber:${delivery.callback.msisdn.slice(1)}`)
    if (observed && left !== undefined && /^\d{8}$/.test(typed ?? '')) {
      if (observed.shown.has(Number(left)))
        this.#violated('an attempt count is shown once', `${what} was shown ${left} again`)
      observed.shown.add(Number(left))
    }
    const isRepeated = before?.text.startsWith('Repeat the new password') && before.typed === typed
    if (isRepeated && text.startsWith('The passwords differ'))
      this.#violated('a right secret is not counted as wrong', what)
    if (FAILED.some((failed) => text.startsWith(failed)))
      this.#violated('a failed effect leaves no receipt', what)
  }

  #writtenByTurn(observed: Observed, after: Subscriber, by: Delivery, changes: ReadonlySet<string>): void {
    const isOpened = changes.has('access-opened')
    trackReservations(observed, after, by, isOpened ? 'restored' : 'settled')
    this.#checkAttempts(observed, after, by, isOpened)
    if ([...changes].some((change) => REFUSED.has(change)) && typedIn(by) === PUK1)
      this.#violated('a right secret is not counted as wrong', nameOf(by))
    // Effects of the counting menu are checked by its word list.
    if (changes.size > 0 && !changes.has('subscriber-changed')) this.#checkEffect(by)
  }

  /** Checks that a turn costs one attempt, and that only a right PUK1 restores all of them. */
  #checkAttempts(observed: Observed, after: Subscriber, by: Delivery, isOpened: boolean): void {
    const { subscriber: before } = observed
    const lost = before.puk1AttemptsLeft - after.puk1AttemptsLeft
    const what = nameOf(by)
    if (isOpened) {
      if (observed.right !== by) this.#violated('only the right PUK1 opens access', what)
      return this.#attemptsRestored(observed)
    }
    const { attempts } = this.#usageOf(by)
    if (lost === 1 && count(attempts, by, 1) > 1)
      this.#violated('a turn costs one attempt', `${what} cost another`)
    if (lost === -1) {
      // Nothing was compared, so the count may be shown again.
      count(attempts, by, -1)
      observed.shown.clear()
    }
    if (Math.abs(lost) > 1) {
      const detail = `${before.puk1AttemptsLeft} attempts became ${after.puk1AttemptsLeft}`
      this.#violated('no update is lost', detail)
    }
    const isPending = JSON.stringify(before.puk1Pending) !== JSON.stringify(after.puk1Pending)
    if ((lost !== 0 || isPending) && before.puk1 && !this.#keyIds[by.node]?.includes(before.puk1.key))
      this.#violated('an unknown key counts no attempt', `${what} at ${'AB'[by.node]}`)
  }

  /**
   * Checks that a reply in a shipped menu has one effect. One accepted exception: where turns are not numbered, a late duplicate of
   * the first password entry counts as the second entry.
   */
  #checkEffect(by: Delivery): void {
    if (count(this.#usageOf(by).effects, by, 1) > 1)
      this.#violated('a late duplicate has no second effect', nameOf(by))
  }

  #attemptsRestored(observed: Observed): void {
    const subscriber = `${observed.record.slice(-1)} `
    for (const [name, { attempts }] of this.#usage) if (name.startsWith(subscriber)) attempts.clear()
    observed.budget = { maxGuesses: PUK1_ATTEMPTS, guesses: new Set() }
    observed.shown.clear()
  }

  #usageOf(delivery: Delivery): Usage {
    const name = sessionKey(delivery.dialogue)
    const usage = this.#usage.get(name) ?? { attempts: new Map(), effects: new Map() }
    this.#usage.set(name, usage)
    return usage
  }
}

/** Notes the reservations that a turn has added. Drops those it has removed, unless it restored all attempts. */
function trackReservations(
  { subscriber: before, reservations, budget }: Observed,
  after: Subscriber,
  by: Delivery,
  removed: 'settled' | 'restored',
): void {
  const had = new Set(before.puk1Pending.map(({ owner }) => owner))
  const has = new Set(after.puk1Pending.map(({ owner }) => owner))
  for (const owner of has) if (!had.has(owner)) reservations.set(owner, { by, budget })
  if (removed === 'settled') for (const owner of had) if (!has.has(owner)) reservations.delete(owner)
}

function count(counts: Map<string, number>, { key }: Delivery, by: number): number {
  const sum = (counts.get(key) ?? 0) + by
  counts.set(key, sum)
  return sum
}
