/**
 * Mistakes that the compiler must catch. `tsc` tests this file: an `@ts-expect-error` above a line that compiles is an error.
 */
import { describe, expect, it } from '@jest/globals'
import { assign, setup } from 'xstate'
import type * as access from '../menus/access.ts'
import type * as password from '../menus/password.ts'
import { Secret, effect, lookup, secretOf } from '../src/engine/authoring.ts'
import type * as authoring from '../src/engine/authoring.ts'
import type { EffectsOf, EffectsOfAll, Json, Reply, Screens, Tag } from '../src/engine/authoring.ts'
import type { Menu } from '../src/engine/menu.ts'
import type { Services } from '../src/gateway/effects.ts'
import { systemMessages } from '../src/gateway/system-messages.ts'
import type { SystemMessage } from '../src/gateway/system-messages.ts'
import { defineProject } from '../src/project.ts'
import { defineRecord, z } from '../src/services/index.ts'
import type { EffectContext, ServiceKit, SubscriberOf } from '../src/services/index.ts'

type Dialogue = authoring.Dialogue<'ru' | 'be' | 'en'>
type Context = Dialogue & { left: number; name: string | null }
type Call = { readonly msisdn: string }

const declared = setup({
  types: { input: {} as Dialogue, context: {} as Context, events: {} as Reply, tags: {} as Tag },
  actors: {
    look: lookup<undefined, { left: number }>(),
    save: effect<{ pin: Secret; name: string }, { saved: boolean }>(),
  },
  guards: { isPin: ({ event }) => secretOf(event).reveal().length === 4 },
})

const machine = declared.createMachine({
  context: ({ input }) => ({ ...input, left: 3, name: null }),
  initial: 'lookingUp',
  states: {
    lookingUp: {
      invoke: {
        src: 'look',
        onDone: { target: 'menu', actions: assign({ left: ({ event }) => event.output.left }) },
        onError: 'bye',
      },
    },
    menu: { on: { 1: 'settings', 2: 'pin', 0: 'bye' } },
    pin: { on: { secret: { guard: 'isPin', target: 'savingPin' } } },
    savingPin: {
      invoke: {
        src: 'save',
        input: ({ event }) => ({ pin: secretOf(event), name: '' }),
        onDone: 'bye',
        onError: 'bye',
      },
    },
    settings: {
      initial: 'list',
      states: {
        list: { on: { 1: 'language' } },
        language: { on: { text: 'readingLanguage' } },
        readingLanguage: { invoke: { src: 'look', onDone: 'list', onError: 'list' } },
      },
    },
    bye: { type: 'final' },
  },
})

const text: Record<Dialogue['language'], string> = { ru: '', be: '', en: '' }

describe('the types', () => {
  it('accept a valid menu', () => {
    const screens: Screens<typeof machine> = {
      menu: text,
      pin: { ru: (c) => String(c.left), be: ({ name }) => name ?? '', en: 'PIN' },
      'settings.list': text,
      'settings.language': text,
      bye: text,
    }
    const menu: Menu = { machine, screens }
    expect(Object.keys(menu.screens)).toEqual(['menu', 'pin', 'settings.list', 'settings.language', 'bye'])
  })
})

const all = { menu: text, pin: text, 'settings.list': text, 'settings.language': text, bye: text }
const { bye: _bye, ...withoutBye } = all
const { be: _be, ...withoutBelarusian } = text

export const screens: readonly Screens<typeof machine>[] = [
  all,
  // @ts-expect-error a screen is missing
  withoutBye,
  // @ts-expect-error no such state
  { ...all, gone: text },
  // @ts-expect-error a language is missing
  { ...all, bye: withoutBelarusian },
  // @ts-expect-error no such language
  { ...all, bye: { ...text, uk: '' } },
  // @ts-expect-error a state that runs an effect has no screen
  { ...all, savingPin: text },
  // @ts-expect-error nor has a nested one
  { ...all, 'settings.readingLanguage': text },
  // @ts-expect-error a parent state has no screen of its own
  { ...all, settings: text },
  // @ts-expect-error a nested state is keyed by its path
  { ...all, language: text },
  // @ts-expect-error no such field of the context
  { ...all, bye: { ...text, en: (c) => c.gone } },
  // @ts-expect-error a field may be null
  { ...all, bye: { ...text, en: (c) => c.name.trim() } },
  // @ts-expect-error a text is a string
  { ...all, bye: { ...text, en: (c) => c.left } },
]

const keepsASecret = setup({
  types: { input: {} as Dialogue, context: {} as Dialogue & { pin: Secret | null }, events: {} as Reply },
}).createMachine({ context: ({ input }) => ({ ...input, pin: null }), initial: 'menu', states: { menu: {} } })
// @ts-expect-error a context is stored as JSON
export const secretInContext: Screens<typeof keepsASecret> = { menu: text }

const keepsASecretDeep = setup({
  types: {
    input: {} as Dialogue,
    context: {} as Dialogue & { tried: { pin: Secret }[] },
    events: {} as Reply,
  },
}).createMachine({ context: ({ input }) => ({ ...input, tried: [] }), initial: 'menu', states: { menu: {} } })
// @ts-expect-error a context is stored as JSON, all the way down
export const secretDeepInContext: Screens<typeof keepsASecretDeep> = { menu: text }

const keepsADate = setup({
  types: { input: {} as Dialogue, context: {} as Dialogue & { at: Date }, events: {} as Reply },
}).createMachine({
  context: ({ input }) => ({ ...input, at: new Date(0) }),
  initial: 'menu',
  states: { menu: {} },
})
// @ts-expect-error JSON does not restore a Date
export const dateInContext: Screens<typeof keepsADate> = { menu: text }

const secret = new Secret('80291')
export const json: readonly Json[] = [
  'text',
  { nested: [1, null, true] },
  // @ts-expect-error a secret cannot be stored
  secret,
  // @ts-expect-error nor inside an object
  { kept: [secret] },
  // @ts-expect-error nor a value that JSON omits
  undefined,
]

export const secretAssigned = declared.createMachine({
  context: ({ input }) => ({ ...input, left: 3, name: null }),
  on: {
    secret: {
      // @ts-expect-error a secret is not a string
      actions: assign({ name: ({ event }) => event.secret }),
    },
  },
})

export const unknownField = declared.createMachine({
  context: ({ input }) => ({ ...input, left: 3, name: null }),
  on: {
    1: {
      // @ts-expect-error no such field of the context
      actions: assign({ gone: () => 1 }),
    },
  },
})

export const unknownEffect = declared.createMachine({
  context: ({ input }) => ({ ...input, left: 3, name: null }),
  // @ts-expect-error no such effect
  invoke: { src: 'gone' },
})

export const wrongInput = declared.createMachine({
  context: ({ input }) => ({ ...input, left: 3, name: null }),
  // @ts-expect-error the effect takes a secret
  invoke: { src: 'save', input: { pin: '80291', name: '' } },
})

export const missingInput = declared.createMachine({
  context: ({ input }) => ({ ...input, left: 3, name: null }),
  // @ts-expect-error the effect takes a name
  invoke: { src: 'save', input: ({ event }) => ({ pin: secretOf(event) }) },
})

export const wrongOutput = declared.createMachine({
  context: ({ input }) => ({ ...input, left: 3, name: null }),
  invoke: {
    src: 'save',
    input: ({ event }) => ({ pin: secretOf(event), name: '' }),
    // @ts-expect-error the effect has no such outcome
    onDone: { guard: ({ event }) => event.output.stored },
  },
})

export const unknownEvent = declared.createMachine({
  context: ({ input }) => ({ ...input, left: 3, name: null }),
  // @ts-expect-error a subscriber cannot send it
  on: { CANCEL: {} },
})

export const twoDigits = declared.createMachine({
  context: ({ input }) => ({ ...input, left: 3, name: null }),
  // @ts-expect-error a choice is one digit
  on: { 10: {} },
})

export const unknownGuard = declared.createMachine({
  context: ({ input }) => ({ ...input, left: 3, name: null }),
  // @ts-expect-error no such guard
  on: { 1: { guard: 'isGone' } },
})

export const unknownTag = declared.createMachine({
  context: ({ input }) => ({ ...input, left: 3, name: null }),
  // @ts-expect-error no such tag
  tags: 'confirmed',
})

export const missingContext = declared.createMachine({
  // @ts-expect-error the context has a name too
  context: ({ input }) => ({ ...input, left: 3 }),
})

// @ts-expect-error a secret is not a string
export const revealed: string = secret
// @ts-expect-error a look-alike is not a Secret: its field is private
export const forged: Secret = { reveal: () => '', toString: () => '', toJSON: () => '' }
// @ts-expect-error a digit reply has no secret
export const secretOfDigit: Reply = { type: '1', secret }
// @ts-expect-error a secret reply has a Secret
export const secretOfText: Reply = { type: 'secret', secret: '80291' }

type Bodies = EffectsOf<typeof machine, Call>
export const bodies: readonly Bodies[] = [
  {
    look: async () => ({ left: 1 }),
    save: async ({ pin }, { msisdn }) => ({ saved: pin.reveal() === msisdn }),
  },
  // @ts-expect-error an effect has no body
  { look: async () => ({ left: 1 }) },
  // @ts-expect-error an outcome is missing
  { look: async () => ({}), save: async () => ({ saved: true }) },
  // @ts-expect-error an outcome is of another type
  { look: async () => ({ left: '1' }), save: async () => ({ saved: true }) },
  // @ts-expect-error an effect returns a promise
  { look: () => ({ left: 1 }), save: async () => ({ saved: true }) },
  // @ts-expect-error an input is of another type
  { look: async () => ({ left: 1 }), save: async (_input: { pin: string }) => ({ saved: true }) },
  // @ts-expect-error no such field of the context
  { look: async (_input, call) => ({ left: call.gone }), save: async () => ({ saved: true }) },
]

type RealMenus = { '*141*0#': typeof password; '*141*3*6#': typeof access }
type RealServices = EffectsOfAll<RealMenus, Call>
const real = {} as RealServices
const { openAccess: _openAccess, ...withoutOpening } = real

export const services: readonly RealServices[] = [
  real,
  // @ts-expect-error an effect of one menu has no body
  withoutOpening,
  // @ts-expect-error one of the menus does not know this outcome
  { ...real, savePassword: async () => ({ outcome: 'kept' }) },
  // @ts-expect-error one of the two menus also needs attemptsLeft
  { ...real, readAccess: async () => ({ access: 'open' }) },
  // @ts-expect-error the input is a secret, not text
  { ...real, openAccess: async (_input: { puk1: string }) => ({ outcome: 'opened' }) },
]

/** The gateway accepts any bodies; only the types above check them against the menus. */
export const anyServices: Services = withoutOpening

/** A menu with the screens of another, and without effects. */
const noEffects = <Screens>({ screens }: { readonly screens: Screens }) => ({
  machine: setup({ types: { input: {} as Dialogue, events: {} as Reply } }).createMachine({
    initial: 'menu',
    states: { menu: {} },
  }),
  screens,
})

const inEnglish = { machine, screens: { menu: { en: '' } } }
const inBoth = { machine, screens: { menu: { en: '', de: '' } } }
const german = Object.fromEntries(Object.keys(systemMessages).map((name) => [name, ''])) as Record<
  SystemMessage,
  string
>
const pinRecord = defineRecord({
  fields: z.object({ name: z.string().default(''), access: z.enum(['open', 'closed']) }),
  initial: { access: 'open' },
  secrets: { pin: { digits: 4, attempts: 3 }, password: { digits: [5, 10] } },
})
type PinCall = EffectContext<SubscriberOf<typeof pinRecord>>

export const records = [
  // @ts-expect-error a field without a default has no initial value
  () => defineRecord({ fields: z.object({ name: z.string() }) }),
  // @ts-expect-error an initial value of another type
  () => defineRecord({ fields: z.object({ name: z.string() }), initial: { name: 1 } }),
  ({ subscriber }: PinCall) => subscriber.patchSilently({ name: 'Amina', pinAttemptsLeft: 3 }),
  // @ts-expect-error the record has no such field
  ({ subscriber }: PinCall) => subscriber.patchSilently({ tariff: 'M' }),
  // @ts-expect-error a secret without attempts is not guessed
  ({ secrets }: ServiceKit<typeof pinRecord>) => secrets.password.guess,
  // @ts-expect-error the record has no such secret
  ({ secrets }: ServiceKit<typeof pinRecord>) => secrets.puk1,
  () =>
    defineProject({
      languages: ['en'],
      codes: {},
      record: pinRecord,
      demo: { '+254712345678': { name: 'Amina', access: 'closed', pin: '4821' } },
    }),
  () =>
    defineProject({
      languages: ['en'],
      codes: {},
      record: pinRecord,
      // @ts-expect-error a demo subscriber with a field of another record
      demo: { '+254712345678': { tariff: 'M' } },
    }),
]

export const projects = [
  () => defineProject({ languages: ['en'], codes: { '*1#': noEffects(inEnglish) } }),
  // @ts-expect-error a screen lacks a language of the project
  () => defineProject({ languages: ['en', 'sw'], codes: { '*1#': noEffects(inEnglish) } }),
  // @ts-expect-error a project has at least one language
  () => defineProject({ languages: [], codes: {} }),
  // @ts-expect-error no messages ship in German
  () => defineProject({ languages: ['en', 'de'], codes: { '*1#': noEffects(inBoth) } }),
  () =>
    defineProject({
      languages: ['en', 'de'],
      codes: { '*1#': noEffects(inBoth) },
      messages: { de: german },
    }),
  () =>
    defineProject({
      languages: ['en'],
      codes: {},
      // @ts-expect-error there is no such message
      messages: { en: { welcome: 'Hello' } },
    }),
  // @ts-expect-error the effects of a menu need services
  () => defineProject({ languages: ['en'], codes: { '*1#': inEnglish } }),
]
