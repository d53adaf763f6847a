/** All subscribers of a run, many at a time: those whose aggregators retry soon, and those whose aggregators retry late. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../../support/random.ts'
import type { Retries, SubscriberHistory } from './history.ts'
import type { Register } from './register.ts'
import type { RunOptions } from './run.ts'
import { liveThrough } from './subscriber.ts'
import type { Surroundings } from './subscriber.ts'

/** One dialogue in so many has late retries, in a mixed run. */
const LATE_SHARE = 5
/** Those dialogues wait most of the time: so many more are under way at once. They begin over so long. */
const LATE_PARALLEL = 10
const LATE_BEGIN_WITHIN_MS = 10_000
/** One subscriber in so many has PUK1 guessed from several sides. */
const GUESSED_AT = 12

/** `over` resolves when the last dialogue has ended. */
export function liveAll(
  options: Pick<RunOptions, 'dialogues' | 'parallel' | 'retries' | 'seed' | 'signal' | 'waits'>,
  around: Pick<Surroundings, 'aggregator' | 'dialects' | 'repeatWithinMs' | 'keyring' | 'note'> & {
    readonly register: Register
  },
): {
  readonly histories: readonly SubscriberHistory[]
  readonly done: number
  readonly over: Promise<unknown>
} {
  const { register, dialects } = around
  const histories: SubscriberHistory[] = []
  const hasNumbers = dialects.some(({ numbered }) => numbered)
  let [drawn, done] = [0, 0]

  const group = (retries: Retries, dialogues: number, parallel: number) => {
    let begun = 0
    const surroundings: Surroundings = {
      ...around,
      retries,
      waits: options.waits,
      takeOne: () => begun < dialogues && ++begun > 0,
      ended: () => void (done += 1),
    }
    const live = async (place: number) => {
      if (retries === 'late') await sleep((place / parallel) * LATE_BEGIN_WITHIN_MS)
      while (begun < dialogues) {
        options.signal.throwIfAborted()
        const number = drawn++
        const msisdn = `+37529${String(1_000_000 + number)}`
        const random = createRandom(options.seed, msisdn)
        // Guesses from several sides are judged by the numbers of their turns.
        const isGuessed = hasNumbers && retries === 'soon' && number % GUESSED_AT === 1
        // Most of the late ones live through one or two dialogues: half of them begin with a guess.
        const isClosed = isGuessed || (retries === 'late' && number % 2 === 1)
        const access = isClosed ? 'closed-by-subscriber' : 'open'
        const { puk1, history } = await register.add(msisdn, access, random)
        histories.push(history)
        await liveThrough(history, { puk1, random, isGuessed }, surroundings)
      }
    }
    return Array.from({ length: Math.min(parallel, dialogues) }, (_, place) => live(place))
  }

  const { dialogues, parallel, retries } = options
  const late = Math.round(dialogues * { soon: 0, mixed: 1 / LATE_SHARE, late: 1 }[retries])
  const lateAtOnce = retries === 'late' ? parallel : parallel * LATE_PARALLEL
  const over = Promise.all([...group('soon', dialogues - late, parallel), ...group('late', late, lateAtOnce)])
  return {
    histories,
    over,
    get done() {
      return done
    },
  }
}
