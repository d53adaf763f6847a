import { assign, setup } from 'xstate'
import { effect, lookup } from '../../../src/engine/authoring.ts'
import type { Dialogue, Reply, Screens, Tag } from '../../../src/engine/authoring.ts'
import type { Subscriber } from '../../../menus/record.ts'
import type { EffectContext } from '../../../src/gateway/effects.ts'

/** The last word, the number of entries then, and the number of moves without a word. */
type Context = Dialogue & { last: string; count: number; moves: number }

/**
 * A menu whose effects can be counted: every word is appended to the subscriber's list, and the screen shows its position
 * (`word=position`). A word starting with `z` ends the dialogue. 1 moves without an effect; 9 opens a screen without words.
 */
const machine = setup({
  types: { input: {} as Dialogue, context: {} as Context, events: {} as Reply, tags: {} as Tag },
  actors: {
    countWords: lookup<undefined, { count: number }>(),
    addWord: effect<{ word: string }, { word: string; count: number }>(),
  },
  actions: {
    move: assign({ moves: ({ context }) => context.moves + 1 }),
    remember: assign((_, { word, count }: { word: string; count: number }) => ({ last: word, count })),
  },
}).createMachine({
  id: 'counter',
  context: ({ input }) => ({ ...input, last: '', count: 0, moves: 0 }),
  initial: 'countingWords',
  states: {
    countingWords: {
      invoke: {
        src: 'countWords',
        onDone: { target: 'first', actions: assign({ count: ({ event }) => event.output.count }) },
        onError: 'failed',
      },
    },
    // A confirmation: input dialled after the code must not add words.
    first: {
      tags: 'confirmation',
      on: { 1: { target: 'words', actions: 'move' }, 9: 'aside', 0: 'goodbye', text: 'addingWord' },
    },
    words: { on: { 1: { actions: 'move' }, 9: 'aside', 0: 'goodbye', text: 'addingWord' } },
    aside: { on: { 1: { target: 'words', actions: 'move' }, 0: 'goodbye' } },
    addingWord: {
      invoke: {
        src: 'addWord',
        input: ({ event }) => ({ word: event.type === 'text' ? event.text : '' }),
        onDone: [
          {
            guard: ({ event }) => event.output.word.startsWith('z'),
            target: 'finished',
            actions: { type: 'remember', params: ({ event }) => event.output },
          },
          { target: 'words', actions: { type: 'remember', params: ({ event }) => event.output } },
        ],
        onError: 'failed',
      },
    },
    finished: { type: 'final' },
    failed: { type: 'final' },
    goodbye: { type: 'final' },
  },
})

const everywhere = <T>(text: T) => ({ ru: text, be: text, en: text })

const counted = ({ last, count, moves }: Context) => `${last}=${count} after ${moves}`

const words = everywhere((context: Context) => `${counted(context)}\n1 On\n9 Aside\n0 Exit`)

const screens: Screens<typeof machine> = {
  first: words,
  words,
  aside: everywhere((context: Context) => `Aside at ${counted(context)}\n1 Back\n0 Exit`),
  finished: everywhere(counted),
  failed: everywhere('It failed'),
  goodbye: everywhere('Goodbye'),
}

export const counterMenu = { machine, screens }

/** A field that no record defines: the store keeps it. */
type WithWords = Subscriber & { readonly words?: string }

/** Returns the words of a subscriber. */
export const wordsOf = ({ words = '' }: WithWords): readonly string[] =>
  words === '' ? [] : words.split(' ')

export const counterServices = {
  async countWords(_input: undefined, { subscriber }: EffectContext<WithWords>): Promise<{ count: number }> {
    return { count: wordsOf(subscriber.current).length }
  },
  async addWord({ word }: { word: string }, { subscriber }: EffectContext<WithWords>) {
    const words = [...wordsOf(subscriber.current), word]
    subscriber.change({ words: words.join(' ') }, 'subscriber-changed')
    return { word, count: words.length }
  },
}
