import { setup } from 'xstate'
import { effect } from '../../src/engine/authoring.ts'
import type { Dialogue as DialogueIn, Reply, Screens } from '../../src/engine/authoring.ts'
import { defineProject } from '../../src/project.ts'
import type { NumberingOptions } from '../../src/ussd/numbering.ts'
import type { Project } from '../../src/gateway/project.ts'

type Dialogue = DialogueIn<'en' | 'sw'>

const machine = setup({
  types: { input: {} as Dialogue, context: {} as Dialogue, events: {} as Reply },
  actors: { speakSwahili: effect<undefined, object>() },
}).createMachine({
  id: 'shop',
  context: ({ input }) => input,
  initial: 'home',
  states: {
    home: { on: { 1: 'language', 0: 'bye' } },
    language: { on: { 2: 'saving', 0: 'bye' } },
    saving: { invoke: { src: 'speakSwahili', onDone: 'saved', onError: 'bye' } },
    saved: { type: 'final' },
    bye: { type: 'final' },
  },
})

const screens: Screens<typeof machine> = {
  home: { en: 'Shop\n1 Language\n0 Exit', sw: 'Duka\n1 Lugha\n0 Toka' },
  language: { en: '2 Swahili\n0 Exit', sw: '2 Kiswahili\n0 Toka' },
  saved: { en: 'OK', sw: 'OK' },
  bye: { en: 'Bye', sw: 'Kwaheri' },
}

/** Creates a small shop in Kenya, `*384#`, whose only effect changes the subscriber's language. */
export const kenyanProject = (
  numbering: NumberingOptions = { countries: ['KE'] },
  subscribers: Project['subscribers'] = 'anyone',
) =>
  defineProject({
    languages: ['en', 'sw'],
    codes: { '*384#': { machine, screens } },
    numbering,
    subscribers,
    services: () => ({
      async speakSwahili(_input: undefined, { subscriber }) {
        subscriber.change({ language: 'sw' }, 'subscriber-changed')
        return {}
      },
    }),
  })
