/** Shared parts of the self-care models: the subscriber's state, the inputs, the records at the start of a dialogue. */
import type { Change, Input, ModelSpec, Origin } from '../src/testing.ts'

import type { Access } from './record.ts'

/** The state of a subscriber that the modelled effects read and change. */
export interface World {
  readonly access: Access
  /** PUK1 attempts left, 10 to 0. At 0, PUK1 is locked until the operator resets it (L7). */
  readonly attemptsLeft: number
  /** The password set in the dialogue. */
  readonly password: string | null
  /** The gateway's handling of weak passwords. */
  readonly weakPasswords: 'warn' | 'reject' | 'allow'
}

export const MAX_ATTEMPTS = 10

/** Digits that occur nowhere else, so that any occurrence is a leaked secret. */
export const secrets = {
  puk1: '90573816',
  wrongPuk1: '61840937',
  tenDigits: '8361940275',
  fiveDigits: '80291',
} as const

/** Weak passwords, with the reason that the subscriber reads. */
export const weakPasswords: Readonly<Record<string, string>> = {
  '4747474747': 'repeat',
  '3456789012': 'sequence',
  '147258369': 'keypad',
  '31121987': 'date',
  // Every number that the exploration uses begins with these digits.
  '37529': 'own-number',
  '5201314520': 'common',
}

const digit = (text: string): Input => ({ name: text, text })
const weak = Object.entries(weakPasswords).map(([text, reason]): Input => ({
  name: `an easy password (${reason})`,
  text,
}))

/** The inputs for every screen: one of each kind that screens distinguish, at the limits of the valid lengths. */
const inputs: readonly Input[] = [
  ...'0123456789'.split('').map(digit),
  { name: 'nothing', text: '' },
  { name: 'a star', text: '*' },
  { name: 'a hash', text: '#' },
  { name: 'letters', text: 'quokkas' },
  { name: 'letters of another script', text: 'бегемоты' },
  { name: '4 digits', text: '9416' },
  { name: '5 digits', text: secrets.fiveDigits },
  { name: '7 digits', text: '5810394' },
  { name: 'the right PUK1', text: secrets.puk1 },
  { name: 'a wrong PUK1', text: secrets.wrongPuk1 },
  { name: '8 digits of another script', text: '٩٤٠٥٧٣٨١' },
  { name: '9 digits', text: '904718263' },
  { name: '10 digits', text: secrets.tenDigits },
  { name: '11 digits', text: '27385916043' },
  ...weak,
]

/** The lookup of both menus. */
export const readAccess = (_input: undefined, { world }: { readonly world: World }) => ({
  outcome: { access: world.access, attemptsLeft: world.attemptsLeft },
  world,
})

const fresh: World = { access: 'open', attemptsLeft: MAX_ATTEMPTS, password: null, weakPasswords: 'warn' }

export const origin = (name: string, world: Partial<World>): Origin<World> => ({
  name,
  world: { ...fresh, ...world },
  ...(world.weakPasswords && { setting: world.weakPasswords }),
})

export const closedWith = (attemptsLeft: number) =>
  origin(
    attemptsLeft === MAX_ATTEMPTS ? 'closed by the subscriber' : `closed, ${attemptsLeft} attempts left`,
    { access: 'closed-by-subscriber', attemptsLeft },
  )

export const closedByOthers = [
  origin('closed by the organisation', { access: 'closed-by-organisation' }),
  origin('closed by the operator', { access: 'closed-by-operator' }),
]

const accessChanges: Readonly<Record<Access, string>> = {
  open: 'opens access',
  'closed-by-subscriber': 'sets access as closed by the subscriber',
  'closed-by-organisation': 'closes access for the organisation',
  'closed-by-operator': 'closes access',
}

export const setsAccess = (access: Access): Change<World> => ({
  name: accessChanges[access],
  patch: { access },
  apply: (world) => ({ ...world, access }),
})

/** Everything in a model except the menu, its effects and its origins. */
export const shared = {
  inputs,
  changes: (Object.keys(accessChanges) as Access[]).map(setsAccess),
  fixture: ({ access, attemptsLeft }) => ({
    access,
    puk1: secrets.puk1,
    ...(attemptsLeft < MAX_ATTEMPTS && { puk1AttemptsLeft: attemptsLeft }),
  }),
  record: ({ access, attemptsLeft, password }) => ({
    access,
    puk1AttemptsLeft: attemptsLeft,
    hasPassword: password !== null,
    ...(password !== null && access === 'open' && { password }),
  }),
} satisfies Partial<ModelSpec<World>>
