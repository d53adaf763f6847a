import type { MenuModel, ModelsOf } from '../src/testing.ts'
import type { machine } from './password.ts'
import {
  MAX_ATTEMPTS,
  closedByOthers,
  closedWith,
  origin,
  readAccess,
  shared,
  weakPasswords,
} from './self-care.model.ts'
import type { World } from './self-care.model.ts'

type Weakness = 'repeat' | 'sequence' | 'keypad' | 'date' | 'own-number' | 'common'

/** Models of the effects, from rule L2: 5 to 10 digits, typed twice. A weak password gets one warning and is then accepted. */
const effects: ModelsOf<typeof machine, World> = {
  readAccess,

  assessPassword({ password, warned }, { world, input: typed }) {
    const digits = typed(password)
    if (!/^[0-9]{5,10}$/.test(digits)) return { outcome: { verdict: 'malformed' }, world }
    const sealed = sealOf(digits)
    const weakness = weakPasswords[digits] as Weakness | undefined
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

/** Stands in for the service's seal. The menu only requires equal seals for equal digits. */
const sealOf = (digits: string): string => `sealed ${digits}`

export const model: MenuModel<World> = {
  ...shared,
  models: effects,
  origins: [
    origin('open', {}),
    origin('open, easy passwords refused', { weakPasswords: 'reject' }),
    origin('open, easy passwords allowed', { weakPasswords: 'allow' }),
    closedWith(MAX_ATTEMPTS),
    ...closedByOthers,
  ],
  // The screens depend only on a warning having been given, and on the kind of the password to repeat.
  normalise: ({ context }) => {
    const { warned, weakness: _weakness, sealed, ...rest } = context as Record<string, unknown>
    return { ...rest, warned: warned !== null, sealed: kindOf(sealed) }
  },
}

function kindOf(sealed: unknown): 'weak' | 'other' | 'none' {
  if (typeof sealed !== 'string' || sealed.length === 0) return 'none'
  return Object.keys(weakPasswords).some((digits) => sealOf(digits) === sealed) ? 'weak' : 'other'
}
