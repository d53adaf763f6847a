import { assign, setup } from 'xstate'
import { effect } from '../../src/engine/authoring.ts'
import type { Dialogue, Reply, Screens } from '../../src/engine/authoring.ts'
import type { Menu } from '../../src/engine/menu.ts'

/** Creates a menu that counts choices of 1. `version` changes its revision; 2 runs an effect without `onError`. */
export function counterMenu(version = '1', src = 'closeAccess'): Menu {
  const machine = setup({
    types: { input: {} as Dialogue, context: {} as Dialogue & { count: number }, events: {} as Reply },
    actors: { [src]: effect<undefined, unknown>() },
  }).createMachine({
    id: 'counter',
    version,
    context: ({ input }) => ({ ...input, count: 0 }),
    initial: 'counting',
    states: {
      counting: {
        on: { 1: { actions: assign({ count: ({ context }) => context.count + 1 }) }, 2: 'failingEffect' },
      },
      failingEffect: { invoke: { src, onDone: 'counting' } },
    },
  })
  const text = ({ count }: { count: number }) => `${count}\n1 More`
  const screens: Screens<typeof machine> = { counting: { ru: text, be: text, en: text } }
  return { machine, screens }
}
