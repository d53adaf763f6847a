import type { MenuModel, ModelsOf } from '../src/testing.ts'
import type { PlainPatch } from './record.ts'
import type { machine } from './access.ts'
import {
  MAX_ATTEMPTS,
  closedByOthers,
  closedWith,
  origin,
  readAccess,
  secrets,
  setsAccess,
  shared,
} from './self-care.model.ts'
import type { World } from './self-care.model.ts'

/**
 * Models of the effects, from the rules. The subscriber opens and closes access (L7). Access that an organisation or the
 * operator closed stays closed (L8, L11, L12).
 */
const effects: ModelsOf<typeof machine, World> = {
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
      return {
        outcome: { outcome: 'opened' },
        world: { ...world, access: 'open', attemptsLeft: MAX_ATTEMPTS },
      }
    const left = attemptsLeft - 1
    return {
      outcome: left === 0 ? { outcome: 'locked' } : { outcome: 'wrong-puk1', attemptsLeft: left },
      world: { ...world, attemptsLeft: left },
    }
  },
}

/** The operator restores all ten attempts. */
const unlocksPuk1 = {
  name: 'unlocks PUK1',
  patch: { puk1AttemptsLeft: MAX_ATTEMPTS } satisfies PlainPatch,
  apply: (world: World) => ({ ...world, attemptsLeft: MAX_ATTEMPTS }),
}

/** Dials, and guesses PUK1 wrongly this many times. */
const wrongTimes = (times: number) => ['dial', '1', ...Array.from({ length: times }, () => 'a wrong PUK1')]

export const model: MenuModel<World> = {
  ...shared,
  models: effects,
  origins: [origin('open', {}), ...[MAX_ATTEMPTS, 3, 2, 1, 0].map(closedWith), ...closedByOthers],
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
}
