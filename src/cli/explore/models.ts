/**
 * The models of our menus' effects: what they should do by the rules (L2, L7, L8, L11, L12), written without a look at the
 * services, and the subscribers that dialogues are begun by.
 */
import type { Access } from '../../../menus/access.ts'
import { menus } from '../../../menus/index.ts'
import { compileMenu } from '../../engine/menu.ts'
import type { ModelsOf } from '../../exploration/models.ts'
import type { Change, Origin, ModelSpec } from '../../exploration/model-spec.ts'
import type { FixturePatch } from '../../walkthrough/script/walkthrough.ts'
import { inputs, secrets, weakOnes } from './inputs.ts'

/** What the effects know of a subscriber, and change. */
export interface World {
  readonly access: Access
  /** Of the ten; at none, PUK1 is locked until the operator gives another (L7). */
  readonly attemptsLeft: number
  /** As it was set in the dialogue. */
  readonly password: string | null
  /** What becomes of an easy password. */
  readonly weakPasswords: 'warn' | 'reject' | 'allow'
}

const ATTEMPTS = 10

const readAccess = (_input: undefined, { world }: { readonly world: World }) => ({
  outcome: { access: world.access, attemptsLeft: world.attemptsLeft },
  world,
})

/** L7: between open and closed by the subscriber; who else has closed it, has it kept closed (L8, L11, L12). */
const accessModels: ModelsOf<(typeof menus)['*141*3*6#']['machine'], World> = {
  readAccess,

  closeAccess: (_input, { world }) =>
    world.access === 'open'
      ? { outcome: { closed: true }, world: { ...world, access: 'closed-by-subscriber' } }
      : { outcome: { closed: false }, world },

  openAccess({ puk1 }, { world, input: typed }) {
    const { access, attemptsLeft } = world
    if (access !== 'closed-by-subscriber') return { outcome: { outcome: 'access-moved' }, world }
    if (attemptsLeft === 0) return { outcome: { outcome: 'locked' }, world }
    if (typed(puk1) === secrets.puk1)
      return { outcome: { outcome: 'opened' }, world: { ...world, access: 'open', attemptsLeft: ATTEMPTS } }
    const left = attemptsLeft - 1
    return {
      outcome: left === 0 ? { outcome: 'locked' } : { outcome: 'wrong-puk1', attemptsLeft: left },
      world: { ...world, attemptsLeft: left },
    }
  },
}

type Weakness = 'repeat' | 'sequence' | 'keypad' | 'date' | 'own-number' | 'common'

/** L2: 5 to 10 digits, typed twice; an easy one is warned of, and taken when it is typed again. */
const passwordModels: ModelsOf<(typeof menus)['*141*0#']['machine'], World> = {
  readAccess,

  assessPassword({ password, warned }, { world, input: typed }) {
    const digits = typed(password)
    if (!/^[0-9]{5,10}$/.test(digits)) return { outcome: { verdict: 'malformed' }, world }
    const sealed = sealOf(digits)
    const weakness = weakOnes[digits] as Weakness | undefined
    if (weakness === undefined || world.weakPasswords === 'allow' || warned === sealed)
      return { outcome: { verdict: 'accepted', sealed }, world }
    return world.weakPasswords === 'reject'
      ? { outcome: { verdict: 'too-weak', weakness }, world }
      : { outcome: { verdict: 'doubtful', weakness, sealed }, world }
  },

  savePassword({ repeated, sealed }, { world, input: typed }) {
    const digits = typed(repeated)
    if (sealOf(digits) !== sealed) return { outcome: { outcome: 'different' }, world }
    if (world.access !== 'open') return { outcome: { outcome: 'access-closed' }, world }
    return { outcome: { outcome: 'saved' }, world: { ...world, password: digits } }
  },
}

/** It tells whether the same was typed again, and need be no more. */
const sealOf = (digits: string): string => `sealed ${digits}`

/** The environment of a gateway that is set like this. */
export const envOf = (setting: string | undefined): Readonly<Record<string, string>> =>
  setting === undefined ? {} : { WEAK_PASSWORDS: setting }

const fresh: World = { access: 'open', attemptsLeft: ATTEMPTS, password: null, weakPasswords: 'warn' }

const origin = (name: string, world: Partial<World>): Origin<World> => ({
  name,
  world: { ...fresh, ...world },
  ...(world.weakPasswords && { setting: world.weakPasswords }),
})

const accesses: Readonly<Record<Access, string>> = {
  open: 'opens access',
  'closed-by-subscriber': 'sets access as closed by the subscriber',
  'closed-by-organisation': 'closes access for the organisation',
  'closed-by-operator': 'closes access',
}

const setsAccess = (access: Access): Change<World> => ({
  name: accesses[access],
  patch: { access },
  changed: (world) => ({ ...world, access }),
})

/** The operator gives all ten attempts back. */
const unlocksPuk1: Change<World> = {
  name: 'unlocks PUK1',
  patch: { puk1AttemptsLeft: ATTEMPTS } satisfies FixturePatch,
  changed: (world) => ({ ...world, attemptsLeft: ATTEMPTS }),
}

const shared = {
  inputs,
  changes: (Object.keys(accesses) as Access[]).map(setsAccess),
  fixture: ({ access, attemptsLeft }: World) => ({
    access,
    puk1: secrets.puk1,
    ...(attemptsLeft < ATTEMPTS && { puk1AttemptsLeft: attemptsLeft }),
  }),
  record: ({ access, attemptsLeft, password }: World) => ({
    access,
    puk1AttemptsLeft: attemptsLeft,
    hasPassword: password !== null,
    ...(password !== null && access === 'open' && { password }),
  }),
}

const closed = (attemptsLeft: number) =>
  origin(attemptsLeft === ATTEMPTS ? 'closed by the subscriber' : `closed, ${attemptsLeft} attempts left`, {
    access: 'closed-by-subscriber',
    attemptsLeft,
  })

const byOthers = [
  origin('closed by the organisation', { access: 'closed-by-organisation' }),
  origin('closed by the operator', { access: 'closed-by-operator' }),
]

const wrongTimes = (times: number) => ['dial', '1', ...Array.from({ length: times }, () => 'a wrong PUK1')]

/** One for each menu: a menu that has none does not compile. */
export const subjects: Readonly<Record<keyof typeof menus, ModelSpec<World>>> = {
  '*141*0#': {
    ...shared,
    menu: compileMenu('*141*0#', menus['*141*0#']),
    models: passwordModels,
    origins: [
      origin('open', {}),
      origin('open, easy passwords refused', { weakPasswords: 'reject' }),
      origin('open, easy passwords allowed', { weakPasswords: 'allow' }),
      closed(ATTEMPTS),
      ...byOthers,
    ],
    // Which password it is that was warned of, or is to be repeated, makes no difference, but for whether it is an easy one.
    normalise: ({ context }) => {
      const { warned, weakness: _weakness, sealed, ...rest } = context as Record<string, unknown>
      return { ...rest, warned: warned !== null, sealed: kindOf(sealed) }
    },
  },

  '*141*3*6#': {
    ...shared,
    menu: compileMenu('*141*3*6#', menus['*141*3*6#']),
    models: accessModels,
    origins: [origin('open', {}), ...[ATTEMPTS, 3, 2, 1, 0].map(closed), ...byOthers],
    attempts: {
      left: ({ attemptsLeft }) => attemptsLeft,
      regainedAt: ['accessOpened'],
      shown: /(?:Attempts left|attempts left|Осталось попыток[^:]*|Засталося спроб[^:]*): (\d+)/,
    },
    chains: [
      {
        title: 'ten wrong PUK1 lock it, and the operator unlocks it',
        from: 'closed by the subscriber',
        moves: [
          ...wrongTimes(3),
          ...wrongTimes(3),
          ...wrongTimes(3),
          ...wrongTimes(1),
          'dial',
          '1',
          unlocksPuk1,
          'dial',
          '1',
          'the right PUK1',
        ],
      },
      {
        title: 'mistakes are remembered while the operator opens access and closes it again',
        from: 'closed by the subscriber',
        moves: [
          ...wrongTimes(2),
          setsAccess('open'),
          'the right PUK1',
          '1',
          setsAccess('closed-by-subscriber'),
          '2',
          '1',
          'letters',
        ],
      },
    ],
  },
}

const kindOf = (sealed: unknown): 'easy' | 'other' | 'none' => {
  if (sealed === '' || typeof sealed !== 'string') return 'none'
  return Object.keys(weakOnes).some((digits) => sealOf(digits) === sealed) ? 'easy' : 'other'
}
