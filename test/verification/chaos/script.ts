import { screens as access } from '../../../menus/access.ts'
import { screens as password } from '../../../menus/password.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { weakness } from '../../../src/services/weak-password.ts'
import type { Random } from '../../../src/simulator/random.ts'

/** A possible screen and its effects. */
export interface Outcome {
  readonly text: string
  readonly waits: boolean
  /** The alternatives for the journal changes of the turn. */
  readonly changes: readonly (readonly string[])[]
  /** PUK1 attempts left, if the screen shows them. */
  readonly attemptsLeft?: number
}

/** One input and its possible outcomes. */
export interface Step {
  /** Undefined when the code is dialled. */
  readonly typed: string | undefined
  /** Replaces the input in reports, which must not contain secrets. */
  readonly mark: string
  readonly outcomes: readonly Outcome[]
  /** Further outcomes after a late duplicate has moved the dialogue. */
  readonly detours: readonly Outcome[]
}

/** The subscriber's side of a dialogue. */
export interface Script {
  readonly name: string
  readonly dialled: string
  /** The password that it sets, if any. */
  readonly password?: string
  /** Returns the step after an outcome, or undefined at the end. */
  next(shown: Outcome | undefined): Step | undefined
}

/** The state of a subscriber between scripts. */
export interface Model {
  readonly isOpen: boolean
  readonly attemptsLeft: number
}

interface Screen {
  readonly en: string | ((context: never) => string)
}

const textOf = ({ en }: Screen, context: { attemptsLeft?: number } = {}): string =>
  typeof en === 'string' ? en : en(context as never)

const waiting = (screen: Screen, ...changes: readonly string[]): Outcome => ({
  text: textOf(screen),
  waits: true,
  changes: [changes],
})
const ending = (screen: Screen, ...changes: readonly string[]): Outcome => ({
  ...waiting(screen, ...changes),
  waits: false,
})
const rejected = (screen: Screen, waits: boolean, attemptsLeft: number): Outcome => ({
  text: textOf(screen, { attemptsLeft }),
  waits,
  changes: [['puk1-refused']],
  attemptsLeft,
})
/** The dialogue has ended: duplicates of a choice counted as invalid PUK1 entries. */
const alreadyEnded = (...choices: readonly string[]): Outcome => ({
  ...ending(systemMessages.ended),
  changes: [[], choices],
})
const notUnderstood = ({ text, ...outcome }: Outcome): Outcome => ({
  ...outcome,
  text: `${systemMessages.notUnderstood.en}\n${text}`,
})

const step = (typed: string | undefined, mark: string, ...outcomes: readonly Outcome[]): Step => ({
  typed,
  mark,
  outcomes,
  detours: [],
})

type FixedStep = readonly [
  mark: string,
  typed: string | undefined,
  outcome: Outcome,
  ...detours: readonly Outcome[],
]

const dials = (screen: Screen): FixedStep => ['dials', undefined, waiting(screen)]

/** Creates a script with a known sequence of screens. */
function fixed(script: Omit<Script, 'next'>, ...steps: readonly FixedStep[]): Script {
  const left = steps.map(([mark, typed, outcome, ...detours]) => ({ ...step(typed, mark, outcome), detours }))
  return { ...script, next: () => left.shift() }
}

/** Draws eight digits that trigger no warning about weak passwords and match no choice. */
export function drawDigits(random: Random): string {
  const drawn = String(10_000_000 + Math.floor(random() * 89_999_999))
  const isWeak = weakness(drawn, { msisdn: '+375291000000', thisYear: new Date().getFullYear() })
  // Parts of the subscribers' numbers are weak, too.
  return isWeak || /37529|92573|100|001/.test(drawn) ? drawDigits(random) : drawn
}

/** Draws a wrong PUK1. */
export function drawWrong(random: Random, puk1: string): string {
  const drawn = drawDigits(random)
  return drawn === puk1 ? drawWrong(random, puk1) : drawn
}

/** The mark of a password's first entry. */
export const FIRST_ENTRY = 'a password'
const PASSWORD = '*141*0#'
const ACCESS = '*141*3*6#'

const settingPassword = (typed: string): Script =>
  fixed(
    { name: 'sets a password', dialled: PASSWORD, password: typed },
    dials(password.password),
    // A late duplicate of the first entry counts as the second one.
    [FIRST_ENTRY, typed, waiting(password.repeatPassword), ending(password.saved, 'password-set')],
    ['the same', typed, ending(password.saved, 'password-set')],
  )

const settingAfterSlip = (typed: string, other: string): Script =>
  fixed(
    { name: 'sets a password after a slip', dialled: PASSWORD, password: typed },
    dials(password.password),
    ['a password', typed, waiting(password.repeatPassword)],
    ['another', other, waiting(password.different)],
    ['a password', typed, waiting(password.repeatPassword)],
    ['the same', typed, ending(password.saved, 'password-set')],
  )

const confirmClosing: FixedStep = ['2', '2', ending(access.accessClosed, 'access-closed')]

const closingAccess = (): Script =>
  fixed(
    { name: 'closes access', dialled: ACCESS },
    dials(access.open),
    ['1', '1', waiting(access.closeConfirmation), notUnderstood(waiting(access.closeConfirmation))],
    confirmClosing,
  )

const closingByShortcut = (): Script =>
  fixed(
    { name: 'closes access, 1 dialled at once', dialled: '*141*3*6*1#' },
    dials(access.closeConfirmation),
    confirmClosing,
  )

/** On the PUK1 screen, a duplicate of the choice before is an invalid entry, which costs no attempt. */
const enteringPuk1 = (name: string, attemptsLeft: number, ...entries: readonly FixedStep[]): Script =>
  fixed(
    { name, dialled: ACCESS },
    dials(access.closed),
    [
      '1',
      '1',
      waiting(access.puk1),
      waiting(access.notPuk1),
      { text: textOf(access.notOpened, { attemptsLeft }), waits: false, changes: [[]] },
    ],
    ...entries,
  )

const rightPuk1 = (puk1: string): FixedStep => [
  'PUK1',
  puk1,
  ending(access.accessOpened, 'access-opened'),
  alreadyEnded(),
]

const wrongPuk1 = (wrong: string, left: number): FixedStep => [
  'a wrong PUK1',
  wrong,
  rejected(access.wrongPuk1, true, left),
  waiting(access.notPuk1, 'puk1-refused'),
  rejected(access.notOpened, false, left),
  alreadyEnded('puk1-refused'),
]

const leaving: FixedStep = ['0', '0', ending(access.goodbye), alreadyEnded()]

/** Allowed repetitions of an input in a dialogue. Without turn numbers, each repetition must wait. */
export type Repeats = 'often' | 'once' | 'never'

/** Draws the next dialogue of a subscriber, and returns the state after it. */
export function drawScript(
  { isOpen, attemptsLeft }: Model,
  { puk1, random, repeats }: { readonly puk1: string; readonly random: Random; readonly repeats: Repeats },
): { readonly script: Script; readonly after: Model } {
  const drawn = random()
  const [typed, wrong] = [drawDigits(random), drawWrong(random, puk1)]
  const before = { isOpen, attemptsLeft }
  if (isOpen) {
    if (drawn < 0.2 && repeats === 'often') return { script: settingAfterSlip(typed, wrong), after: before }
    if (drawn < 0.5 && repeats !== 'never') return { script: settingPassword(typed), after: before }
    const script = drawn < 0.75 ? closingAccess() : closingByShortcut()
    return { script, after: { isOpen: false, attemptsLeft } }
  }
  const [after, right] = [{ isOpen: true, attemptsLeft: 10 }, rightPuk1(puk1)]
  if (drawn < 0.5 || attemptsLeft < 3)
    return { script: enteringPuk1('opens access', attemptsLeft, right), after }
  const left = attemptsLeft - 1
  const mistake = wrongPuk1(wrong, left)
  if (drawn < 0.8) {
    const script = enteringPuk1('opens access after a wrong PUK1', attemptsLeft, mistake, right)
    return { script, after }
  }
  const script = enteringPuk1('guesses PUK1 and leaves', attemptsLeft, mistake, leaving)
  return { script, after: { isOpen, attemptsLeft: left } }
}

/** Creates one of several parallel dialogues that guess PUK1 of one subscriber. Any may show any count of attempts. */
export function guessingAtOnce(guess: () => string): Script {
  const lefts = Array.from({ length: 10 }, (_, left) => left)
  const wrong = lefts.map((left) => rejected(access.wrongPuk1, true, left))
  const thirdWrong = lefts.map((left) => rejected(access.notOpened, false, left))
  const locked = { ...ending(access.puk1Locked), changes: [['puk1-locked'], []] } satisfies Outcome
  let guesses = 0
  return {
    name: 'guesses PUK1 beside others',
    dialled: ACCESS,
    next(shown) {
      if (!shown) return step(undefined, 'dials', waiting(access.closed))
      if (!shown.waits) return undefined
      if (shown.text === textOf(access.closed))
        return step('1', '1', waiting(access.puk1), ending(access.puk1Locked))
      guesses += 1
      return step(guess(), 'a wrong PUK1', ...(guesses < 3 ? wrong : thirdWrong), locked)
    },
  }
}
