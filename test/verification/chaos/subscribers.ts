import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../../../src/simulator/random.ts'
import type { Retries, SubscriberHistory } from './history.ts'
import type { Register } from './register.ts'
import type { RunOptions } from './run.ts'
import { runSubscriber } from './subscriber.ts'
import type { Environment } from './subscriber.ts'

/** In a mixed run, one dialogue in this many has late retries. */
const LATE_SHARE = 5
/** Dialogues with late retries mostly wait, so more of them run in parallel. Their starts are spread out. */
const LATE_PARALLEL = 10
const LATE_START_SPREAD_MS = 10_000
/** One subscriber in this many has parallel PUK1 guesses. */
const GUESSED_EVERY = 12

/** Runs all subscribers of a run in parallel; `over` resolves when the last dialogue has ended. */
export function runSubscribers(
  options: Pick<RunOptions, 'dialogues' | 'parallel' | 'retries' | 'seed' | 'signal' | 'slowDialogues'>,
  around: Pick<Environment, 'aggregator' | 'dialects' | 'repeatWithinMs' | 'keyring' | 'note'> & {
    readonly register: Register
  },
) {
  const { register, dialects } = around
  const histories: SubscriberHistory[] = []
  const hasNumbers = dialects.some(({ numbered }) => numbered)
  let [drawn, done] = [0, 0]

  const group = (retries: Retries, dialogues: number, parallel: number) => {
    let begun = 0
    const environment: Environment = {
      ...around,
      retries,
      slowDialogues: options.slowDialogues,
      takeOne: () => begun < dialogues && ++begun > 0,
      ended: () => void (done += 1),
    }
    const live = async (place: number) => {
      if (retries === 'late') await sleep((place / parallel) * LATE_START_SPREAD_MS)
      while (begun < dialogues) {
        options.signal.throwIfAborted()
        const number = drawn++
        const msisdn = `+37529${String(1_000_000 + number)}`
        const random = createRandom(options.seed, msisdn)
        // Parallel guesses can only be checked with numbered turns.
        const isGuessed = hasNumbers && retries === 'soon' && number % GUESSED_EVERY === 1
        // Most of the late ones run one or two dialogues; half of them start with a guess.
        const isClosed = isGuessed || (retries === 'late' && number % 2 === 1)
        const access = isClosed ? 'closed-by-subscriber' : 'open'
        const { puk1, history } = await register.add(msisdn, access, random)
        histories.push(history)
        await runSubscriber(history, { puk1, random, isGuessed }, environment)
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
