import type { Secret } from '../../src/services/index.ts'
import type { Access, Call, Kit } from '../record.ts'

type Opening =
  { outcome: 'opened' | 'locked' | 'access-moved' } | { outcome: 'wrong-puk1'; attemptsLeft: number }

/** Services of `*141*3*6#`: the subscriber opens and closes access to self-care (L7, L8, L11, L12). */
export const accessServices = ({ secrets: { puk1 } }: Kit) => ({
  async readAccess(
    _input: undefined,
    { subscriber }: Call,
  ): Promise<{ access: Access; attemptsLeft: number }> {
    return { access: subscriber.current.access, attemptsLeft: subscriber.current.puk1AttemptsLeft }
  },

  async closeAccess(_input: undefined, { subscriber }: Call): Promise<{ closed: boolean }> {
    if (subscriber.current.access !== 'open') return { closed: false }
    subscriber.change({ access: 'closed-by-subscriber' }, 'access-closed')
    return { closed: true }
  },

  /** Compares nothing when access has changed since the screen was shown. */
  async openAccess(input: { puk1: Secret }, call: Call): Promise<Opening> {
    if (call.subscriber.current.access !== 'closed-by-subscriber') return { outcome: 'access-moved' }
    const guess = await puk1.guess(input.puk1, call)
    switch (guess.kind) {
      case 'right':
        call.subscriber.change({ access: 'open' }, 'access-opened')
        return { outcome: 'opened' }
      case 'wrong':
        return { outcome: 'wrong-puk1', attemptsLeft: guess.attemptsLeft }
      case 'locked':
        return { outcome: 'locked' }
    }
  },
})
