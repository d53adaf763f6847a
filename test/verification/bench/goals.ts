import type { PasswordRound } from './passwords.ts'
import type { RecordSizes } from './records.ts'
import { ratiosOf, spreadOf, valuesOf } from './rounds.ts'
import type { Round, Sample, Spread } from './rounds.ts'

/** Everything that a run has measured. The optional parts are left out by `--quick` and `--only`. */
export interface Measured {
  readonly rounds: readonly Round[]
  readonly sizes?: RecordSizes | undefined
  readonly secretCommands?: readonly number[] | undefined
  readonly passwords?: readonly PasswordRound[] | undefined
}

export interface Goal {
  readonly name: string
  readonly bound: 'at most' | 'at least' | 'none'
  readonly limit: number
  /** Undefined when the run did not measure it. */
  readonly measured: Spread | undefined
}

/** Undefined for a goal that was not measured, or a figure without a goal. */
export const isMet = ({ bound, limit, measured }: Goal): boolean | undefined => {
  if (!measured || bound === 'none') return undefined
  return bound === 'at most' ? measured.median <= limit : measured.median >= limit
}

/** Redis CPU of a turn where FLOOR2 takes 14 µs. */
const REDIS_LIMIT = 30 / 14

/** The background checks of idle gateways send a few commands during a burst. */
const COMMANDS_SLACK = 0.1

/** All goals of a run, in the order of the report. */
export function goalsOf(measured: Measured): readonly Goal[] {
  const ratio = (over: string, under: string, figure?: keyof Sample) =>
    spread(ratiosOf(measured.rounds, over, under, figure))
  const atMost = (name: string, limit: number, of: Spread | undefined): Goal => ({
    name,
    bound: 'at most',
    limit,
    measured: of,
  })
  const atLeast = (name: string, limit: number, of: Spread | undefined): Goal => ({
    ...atMost(name, limit, of),
    bound: 'at least',
  })
  const figure = (name: string, of: Spread | undefined): Goal => ({
    ...atMost(name, Number.NaN, of),
    bound: 'none',
  })
  return [
    figure('A/A: ours, second process ÷ first', ratio('ours-copy', 'ours')),
    atMost('ours ÷ FLOOR2', 2.3, ratio('ours', 'floor2')),
    figure('ours ÷ FLOOR2 corked', ratio('ours', 'floor2-corked')),
    atMost('embedded ÷ FLOOR2', 1.9, ratio('embedded', 'floor2')),
    atMost('embedded ÷ ours', 1, ratio('embedded', 'ours')),
    atMost('ours ÷ stock floor', 0.6, ratio('ours', 'stock-floor')),
    atLeast('ussd-menu-builder as documented ÷ ours', 2, ratio('menu-builder', 'ours')),
    figure('ussd-menu-builder on our HTTP layer ÷ ours', ratio('menu-builder-fast', 'ours')),
    atLeast('… at depth 20', 0.8, ratio('menu-builder-fast-depth-20', 'ours-depth-20')),
    atLeast('… at depth 40', 1, ratio('menu-builder-fast-depth-40', 'ours-depth-40')),
    figure('ussd-builder as documented ÷ ours', ratio('builder', 'ours')),
    figure('ussd-builder on our HTTP layer ÷ ours', ratio('builder-fast', 'ours')),
    atMost('depth 40 ÷ depth 2', 1.15, ratio('ours-depth-40', 'ours-depth-2')),
    atMost('500 menus ÷ 2', 1.03, ratio('menus-500', 'ours')),
    atMost('1,000,000 sessions ÷ 1,000', 1.1, ratio('sessions-1m', 'sessions-1k')),
    figure('Redis Cluster of three masters ÷ one Redis', ratio('cluster', 'ours')),
    atLeast(
      'turns/s of 2 workers ÷ 1, on both cores',
      1.15,
      ratio('workers-2', 'workers-1', 'turnsPerSecond'),
    ),
    atMost('log on ÷ off', 1.05, ratio('ours', 'log-off')),
    atMost(
      'round trips to Redis a turn',
      2 + COMMANDS_SLACK,
      spread(valuesOf(measured.rounds, 'ours', 'sent')),
    ),
    atMost('Redis CPU, ours ÷ FLOOR2', REDIS_LIMIT, ratio('ours', 'floor2', 'redisCpuUs')),
    ...recordGoals(measured, atMost),
    atMost('p99 of plain turns, with password sets ÷ without', 2, passwordRatio(measured.passwords)),
    atMost('errors', 0, { median: errorsOf(measured), q1: 0, q3: 0, count: 1 }),
  ]
}

type AtMost = (name: string, limit: number, of: Spread | undefined) => Goal

function recordGoals({ sizes, secretCommands }: Measured, atMost: AtMost): readonly Goal[] {
  const after = (turns: number) => sizes?.sessions.find((session) => session.turns === turns)
  const [third, twentieth] = [after(3), after(20)]
  const subscriber = sizes?.subscriberBytes
  const secret = secretCommands && Math.max(...secretCommands)
  return [
    atMost('round trips of a turn with a secret', 3, secret === undefined ? undefined : spread([secret])),
    atMost(
      'bytes of a session after 3 turns, without its texts',
      350,
      third && spread([third.bytes - third.textBytes]),
    ),
    atMost('bytes of a session after 20 turns', 1500, twentieth && spread([twentieth.bytes])),
    atMost('bytes of a subscriber', 260, subscriber === undefined ? undefined : spread([subscriber])),
  ]
}

const spread = (values: readonly number[]): Spread | undefined =>
  values.length === 0 ? undefined : spreadOf(values)

const passwordRatio = (rounds: readonly PasswordRound[] | undefined): Spread | undefined =>
  rounds && spread(rounds.map((round) => round.with.p99Ms / round.without.p99Ms))

/** Turns without the expected answer, in all variants and phases. */
function errorsOf({ rounds, passwords = [] }: Measured): number {
  const samples = rounds.flatMap((round) => [...round.values()].map(({ errors }) => errors))
  const phases = passwords.map((round) => round.with.errors + round.without.errors)
  return [...samples, ...phases].reduce((sum, errors) => sum + errors, 0)
}
