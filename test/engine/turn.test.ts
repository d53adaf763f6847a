import { describe, expect, it } from '@jest/globals'
import { assign, createMachine, setup } from 'xstate'
import type { AnyMachineSnapshot } from 'xstate'
import { Secret, effect, lookup, secretOf } from '../../src/engine/authoring.ts'
import type { Dialogue, Reply, Tag } from '../../src/engine/authoring.ts'
import { UssdError } from '../../src/engine/errors.ts'
import type { ErrorCode } from '../../src/engine/errors.ts'
import {
  asksForSecret,
  applyShortcut,
  begin,
  beginSync,
  hasEnded,
  reply,
  replySync,
  restore,
  stateOf,
  toEvent,
} from '../../src/engine/turn.ts'
import type { RunEffect, RunEffectSync } from '../../src/engine/turn.ts'
import { compiled, runEffectsWith, rejects } from '../support/machines.ts'

type Context = Dialogue & { said: string; count: number }

/** A menu with every feature. */
const machine = setup({
  types: { input: {} as Dialogue, context: {} as Context, events: {} as Reply, tags: {} as Tag },
  actors: {
    greet: lookup<{ language: string }, { known: boolean }>(),
    send: effect<{ to: string; pin: Secret | null }, { sent: boolean }>(),
  },
  actions: {
    count: assign({ count: ({ context }) => context.count + 1 }),
    keepText: assign({ said: ({ event }) => (event.type === 'text' ? event.text : '') }),
  },
}).createMachine({
  context: ({ input }) => ({ ...input, said: '', count: 0 }),
  initial: 'greetingSubscriber',
  states: {
    greetingSubscriber: {
      invoke: {
        src: 'greet',
        input: ({ context }) => ({ language: context.language }),
        onDone: [{ guard: ({ event }) => event.output.known, target: 'menu' }, { target: 'stranger' }],
        onError: 'unavailable',
      },
    },
    menu: {
      on: {
        1: { actions: 'count' },
        2: 'name',
        3: 'pin',
        4: 'sure',
        5: 'settings',
        6: 'unguarded',
        7: 'broken',
        8: { guard: ({ context }) => context.count > 0, target: 'bye' },
        9: 'looping',
        0: 'bye',
      },
    },
    name: { on: { text: { target: 'menu', actions: 'keepText' }, 0: 'menu' } },
    pin: { on: { secret: 'sendingPin', 0: 'menu' } },
    sendingPin: {
      invoke: {
        src: 'send',
        input: ({ context, event }) => ({ to: context.said, pin: secretOf(event) }),
        onDone: [{ guard: ({ event }) => event.output.sent, target: 'bye' }, { target: 'pin' }],
        onError: 'unavailable',
      },
    },
    sure: { tags: 'confirmation', on: { 1: 'sendingNothing', 0: 'menu' } },
    sendingNothing: {
      invoke: {
        src: 'send',
        input: ({ context }) => ({ to: context.said, pin: null }),
        onDone: 'bye',
        onError: 'unavailable',
      },
    },
    settings: {
      initial: 'list',
      on: { 0: 'menu' },
      states: {
        list: { on: { 1: 'language', 2: { target: 'language', actions: 'count' } } },
        language: { on: { text: 'list' } },
      },
    },
    unguarded: { on: { 1: 'failingSilently' } },
    failingSilently: { invoke: { src: 'send', input: { to: '', pin: null }, onDone: 'bye' } },
    broken: {
      on: {
        1: {
          guard: () => {
            throw new Error('a broken guard')
          },
          target: 'bye',
        },
        2: {
          actions: assign(() => {
            throw new Error('a broken assign')
          }),
          target: 'bye',
        },
        // A choice leads to an effect whose input expects a secret.
        3: 'sendingPin',
      },
    },
    looping: { on: { 1: 'going' } },
    going: { invoke: { src: 'greet', input: { language: '' }, onDone: 'comingBack', onError: 'bye' } },
    comingBack: { invoke: { src: 'greet', input: { language: '' }, onDone: 'going', onError: 'bye' } },
    stranger: { type: 'final' },
    unavailable: { type: 'final' },
    bye: { type: 'final' },
  },
})

const menu = compiled(machine)
const known = { greet: [{ known: true }], send: [{ sent: true }] }

/** The snapshot after these replies. Throws for a reply that is not understood. */
async function after(replies: readonly string[], perform: RunEffect = runEffectsWith(known).perform) {
  let snapshot = await begin(menu, 'en', perform)
  for (const typed of replies) {
    const next = await reply(menu, snapshot, typed, perform)
    if (!next) throw new Error(`'${typed}' is not understood`)
    snapshot = next
  }
  return snapshot
}

const pinOf = (performed: { input: unknown } | undefined) =>
  (performed?.input as { pin: Secret } | undefined)?.pin

const valueOf = (snapshot: AnyMachineSnapshot | undefined): unknown => snapshot?.value

const faultOf = (work: Promise<unknown>): Promise<ErrorCode | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof UssdError ? error.code : undefined),
  )

describe('begin', () => {
  it('runs the first effect, with its name and input, before the first screen', async () => {
    const { perform, performed } = runEffectsWith(known)
    expect(valueOf(await begin(menu, 'be', perform))).toBe('menu')
    expect(performed).toEqual([{ name: 'greet', input: { language: 'be' } }])
  })

  it('keeps the language in the context', async () => {
    expect((await begin(menu, 'be', runEffectsWith(known).perform)).context).toMatchObject({ language: 'be' })
  })

  it('follows the outcome of the first effect', async () => {
    const stranger = await begin(menu, 'en', runEffectsWith({ greet: [{ known: false }] }).perform)
    expect(valueOf(stranger)).toBe('stranger')
    expect(hasEnded(stranger)).toBe(true)
  })

  it('takes onError when the first effect rejects', async () => {
    expect(valueOf(await begin(menu, 'en', runEffectsWith({ greet: [rejects] }).perform))).toBe('unavailable')
  })

  it('takes onError when the first effect throws synchronously', async () => {
    const perform = (() => {
      throw new Error('no promise')
    }) as RunEffect
    expect(valueOf(await begin(menu, 'en', perform))).toBe('unavailable')
  })

  it('runs no effect when the machine invokes none', async () => {
    const { perform, performed } = runEffectsWith({})
    const plain = compiled(createMachine({ initial: 'screen', states: { screen: {} } }))
    expect(valueOf(await begin(plain, 'en', perform))).toBe('screen')
    expect(performed).toEqual([])
  })

  it('rejects with USSD_MENU_FAULTY when the initial context throws', async () => {
    const faulty = compiled(
      createMachine({
        context: () => {
          throw new Error('no context')
        },
      }),
    )
    expect(await faultOf(begin(faulty, 'en', runEffectsWith({}).perform))).toBe('USSD_MENU_FAULTY')
  })
})

describe('a reply', () => {
  it('is a choice when the screen offers the digit', async () => {
    expect(valueOf(await after(['2']))).toBe('name')
    expect(hasEnded(await after(['0']))).toBe(true)
  })

  it('is a choice with blanks around it', async () => {
    expect(valueOf(await after([' 2\n']))).toBe('name')
  })

  it('may change the context and stay on the screen', async () => {
    const snapshot = await after(['1', '1'])
    expect([valueOf(snapshot), snapshot.context]).toEqual(['menu', { language: 'en', said: '', count: 2 }])
  })

  it('is free text when the screen accepts text, trimmed only', async () => {
    expect((await after(['2', '  Іван * 7 # '])).context).toMatchObject({ said: 'Іван * 7 #' })
  })

  it.each(['1', '10', '01', '+0', '１', '٣', '', 'text', 'secret', 'xstate.init', '*'])(
    'of %j is free text when the screen accepts text and does not offer the digit',
    async (typed) => {
      expect((await after(['2', typed])).context).toMatchObject({ said: typed })
    },
  )

  it('of an offered digit is a choice, also when the screen accepts text or a secret', async () => {
    expect(valueOf(await after(['2', '0']))).toBe('menu')
    expect(valueOf(await after(['3', '0']))).toBe('menu')
  })

  it.each(['80291', '1', '', 'text', 'secret', '１'])(
    'of %j reaches the effect as a Secret when the screen asks for one',
    async (typed) => {
      const { perform, performed } = runEffectsWith(known)
      expect(valueOf(await after(['3', typed], perform))).toBe('bye')
      const pin = pinOf(performed[1])
      expect(pin).toBeInstanceOf(Secret)
      expect(pin?.reveal()).toBe(typed)
    },
  )

  it.each([
    '',
    'x',
    '10',
    '00',
    '１',
    '٣',
    'text',
    'secret',
    '*',
    'xstate.init',
    'xstate.stop',
    'toString',
    '__proto__',
    'xstate.done.actor.0.(machine).greetingSubscriber',
    'xstate.after.1.menu',
  ])('of %j is not understood when the screen offers only choices, and changes nothing', async (typed) => {
    const { perform, performed } = runEffectsWith(known)
    const snapshot = await after(['1'], perform)
    const before = JSON.stringify(stateOf(snapshot))
    expect(await reply(menu, snapshot, typed, perform)).toBeUndefined()
    expect(JSON.stringify(stateOf(snapshot))).toBe(before)
    expect(performed).toHaveLength(1)
  })

  it('rejected by a guard is not understood', async () => {
    const snapshot = await after([])
    expect(await reply(menu, snapshot, '8', runEffectsWith(known).perform)).toBeUndefined()
    expect(valueOf(await after(['1', '8']))).toBe('bye')
  })

  it('does not modify the previous snapshot', async () => {
    const snapshot = await after([])
    const before = JSON.stringify(stateOf(snapshot))
    await reply(menu, snapshot, '1', runEffectsWith(known).perform)
    expect(JSON.stringify(stateOf(snapshot))).toBe(before)
  })

  it('after the end of the dialogue is not understood', async () => {
    const ended = await after(['0'])
    for (const typed of ['0', '1', 'x', '']) {
      expect(await reply(menu, ended, typed, runEffectsWith(known).perform)).toBeUndefined()
    }
  })
})

describe('an effect', () => {
  it.each([
    ['sent', { sent: true }, 'bye'],
    ['not sent', { sent: false }, 'pin'],
    ['unknown', rejects, 'unavailable'],
  ])('with the outcome "%s" leads to its target', async (_how, outcome, target) => {
    const { perform } = runEffectsWith({ greet: [{ known: true }], send: [outcome] })
    expect(valueOf(await after(['3', '80291'], perform))).toBe(target)
  })

  it('that fails without onError fails the turn, with the error as the cause', async () => {
    const perform: RunEffect = ({ name }) =>
      name === 'greet' ? Promise.resolve({ known: true }) : Promise.reject(new Error('the reason'))
    const failure = await after(['6', '1'], perform).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(UssdError)
    expect(failure).toMatchObject({ code: 'USSD_SERVICE_FAILED', cause: new Error('the reason') })
  })

  it('does not run for a reply that is not understood', async () => {
    const { perform, performed } = runEffectsWith(known)
    await reply(menu, await after(['3'], perform), '', perform)
    expect(performed.map(({ name }) => name)).toEqual(['greet', 'send'])
    await reply(menu, await after([], perform), 'x', perform)
    expect(performed.map(({ name }) => name)).toEqual(['greet', 'send', 'greet'])
  })

  it('may have a system id, in every dialogue', async () => {
    const invoke = { src: 'step', systemId: 'stepper', onDone: 'screen' } as const
    const named = compiled(
      setup({ actors: { step: lookup() } }).createMachine({
        initial: 'doing',
        states: { doing: { invoke }, screen: { on: { 1: 'doing' } } },
      }),
    )
    const { perform, performed } = runEffectsWith({ step: [1] })
    for (let dialogue = 0; dialogue < 2; dialogue++) {
      const first = await begin(named, 'en', perform)
      expect(valueOf((await reply(named, first, '1', perform)) as AnyMachineSnapshot)).toBe('screen')
    }
    expect(performed).toHaveLength(4)
  })

  it('may follow others in one turn, up to ten', async () => {
    const chain = (length: number) =>
      compiled(
        createMachine({
          initial: 'doing0',
          states: {
            ...Object.fromEntries(
              Array.from({ length }, (_, at) => [
                `doing${at}`,
                { invoke: { src: 'step', onDone: at + 1 === length ? 'done' : `doing${at + 1}` } },
              ]),
            ),
            done: { type: 'final' },
          },
        }),
      )
    expect(valueOf(await begin(chain(10), 'en', runEffectsWith({ step: [1] }).perform))).toBe('done')
    expect(await faultOf(begin(chain(11), 'en', runEffectsWith({ step: [1] }).perform))).toBe(
      'USSD_MENU_FAULTY',
    )
  })
})

describe('a faulty menu', () => {
  it.each([
    ['that invokes effects in a loop', ['9', '1']],
    ['with a guard that throws', ['7', '1']],
    ['with an assign that throws', ['7', '2']],
    ['with an effect input that throws', ['7', '3']],
  ])('%s fails the turn as USSD_MENU_FAULTY', async (_what, replies) => {
    const { perform, performed } = runEffectsWith(known)
    expect(await faultOf(after(replies, perform))).toBe('USSD_MENU_FAULTY')
    expect(performed.length).toBeLessThanOrEqual(11)
  })

  it('is named in the fault by its code', async () => {
    const failure = await after(['7', '1']).catch((error: unknown) => error)
    expect((failure as UssdError).message).toContain('*100#')
  })
})

describe('a stored dialogue', () => {
  it.each([
    ['unknown', 'gone'],
    ['unknown within a known state', { settings: 'gone' }],
    ['without nested states', { name: 'gone' }],
  ])('with a state %s cannot be restored', (_how, value) => {
    const restored = () => restore(menu, { value, context: {} })
    expect(restored).toThrow(UssdError)
    expect(restored).toThrow(/USSD_MENU_FAULTY/)
  })

  it('keeps its state and context', async () => {
    const before = await after(['1', '2', 'Anna', '5', '1'])
    const state = JSON.parse(JSON.stringify(stateOf(before))) as ReturnType<typeof stateOf>
    expect(state).toEqual({
      value: { settings: 'language' },
      context: { language: 'en', said: 'Anna', count: 1 },
    })
    expect(stateOf(restore(menu, state))).toEqual(state)
  })

  it('stays ended', async () => {
    const ended = restore(menu, { value: 'bye', context: { language: 'en', said: '', count: 0 } })
    expect(hasEnded(ended)).toBe(true)
  })
})

describe('nested states', () => {
  it('accept their own replies and those of their parent', async () => {
    expect(valueOf(await after(['5']))).toEqual({ settings: 'list' })
    expect(valueOf(await after(['5', '1']))).toEqual({ settings: 'language' })
    expect(valueOf(await after(['5', '1', 'ru']))).toEqual({ settings: 'list' })
    expect(valueOf(await after(['5', '1', '0']))).toBe('menu')
    expect((await after(['5', '2'])).context).toMatchObject({ count: 1 })
  })
})

describe('the synchronous driver', () => {
  const afterSync = (replies: readonly string[], runEffect: RunEffectSync) =>
    replies.reduce<AnyMachineSnapshot | undefined>(
      (snapshot, typed) => snapshot && replySync(menu, snapshot, toEvent(snapshot, typed), runEffect),
      beginSync(menu, 'en', runEffect),
    )
  const succeeds: RunEffectSync = ({ name }) => ({
    output: name === 'greet' ? { known: true } : { sent: true },
  })

  it.each([[[]], [['1', '2', 'Anna']], [['5', '1']], [['3', '80291']], [['4', '1']]])(
    'reaches the same state as the asynchronous one: %j',
    async (replies) => {
      const snapshot = afterSync(replies, succeeds)
      expect(snapshot && stateOf(snapshot)).toEqual(stateOf(await after(replies)))
    },
  )

  it('passes each effect its name and input, with the reply as a Secret', () => {
    const effects: unknown[] = []
    afterSync(['3', ' 80291 '], (effect) => {
      effects.push(effect)
      return succeeds(effect)
    })
    expect(effects).toEqual([
      { name: 'greet', input: { language: 'en' } },
      { name: 'send', input: { to: '', pin: expect.any(Secret) } },
    ])
    expect(pinOf(effects[1] as { input: unknown })?.reveal()).toBe('80291')
  })

  it('returns undefined for a reply that is not understood', () => {
    expect(afterSync(['x'], succeeds)).toBeUndefined()
  })

  const fails: RunEffectSync = (effect) =>
    effect.name === 'send' ? { error: new Error('the reason') } : succeeds(effect)

  it('takes onError for a failed effect', () => {
    expect(valueOf(afterSync(['3', '80291'], fails))).toBe('unavailable')
  })

  it('throws USSD_SERVICE_FAILED for a failed effect without onError', () => {
    expect(() => afterSync(['6', '1'], fails)).toThrow(/USSD_SERVICE_FAILED/)
  })

  it('throws what the function that runs effects throws, past onError', () => {
    const broken: RunEffectSync = () => {
      throw new RangeError('no such model')
    }
    expect(() => beginSync(menu, 'en', broken)).toThrow(new RangeError('no such model'))
  })
})

describe('applyShortcut', () => {
  const following = async (shortcut: readonly string[]) => {
    const { perform, performed } = runEffectsWith(known)
    const { snapshot, understood } = await applyShortcut(menu, await after([], perform), shortcut, perform)
    return { value: valueOf(snapshot), context: snapshot.context as Context, understood, performed }
  }

  it('answers the first screens', async () => {
    expect(await following(['2', 'Anna', '5'])).toMatchObject({
      value: { settings: 'list' },
      context: { said: 'Anna' },
      understood: true,
    })
  })

  it('keeps the first screen when there are no arguments', async () => {
    expect(await following([])).toMatchObject({ value: 'menu', understood: true })
  })

  it('never enters a secret', async () => {
    const { value, understood, performed } = await following(['3', '80291'])
    expect({ value, understood }).toEqual({ value: 'pin', understood: true })
    expect(performed.map(({ name }) => name)).toEqual(['greet'])
  })

  it('stops at a screen that asks for a secret, even before a choice', async () => {
    expect(await following(['3', '0', '1'])).toMatchObject({ value: 'pin', understood: true })
  })

  it('never confirms', async () => {
    const { value, understood, performed } = await following(['4', '1'])
    expect({ value, understood }).toEqual({ value: 'sure', understood: true })
    expect(performed.map(({ name }) => name)).toEqual(['greet'])
  })

  it('ignores arguments after the end of the dialogue', async () => {
    expect(await following(['0', '1', '2'])).toMatchObject({ value: 'bye', understood: true })
  })

  it.each([[['x']], [['']], [['8']], [['5', '7', '1']]])(
    'stops and reports a reply that is not understood: %j',
    async (shortcut) => {
      const { understood, value, performed } = await following(shortcut)
      expect(understood).toBe(false)
      expect(value).toEqual(shortcut.length === 1 ? 'menu' : { settings: 'list' })
      expect(performed).toHaveLength(1)
    },
  )
})

describe('asksForSecret', () => {
  it('is true only for a screen that accepts a secret', async () => {
    expect(asksForSecret(await after([]))).toBe(false)
    expect(asksForSecret(await after(['2']))).toBe(false)
    expect(asksForSecret(await after(['3']))).toBe(true)
    expect(asksForSecret(await after(['0']))).toBe(false)
  })
})
