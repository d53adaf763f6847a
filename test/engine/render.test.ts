import { describe, expect, it } from '@jest/globals'
import { createMachine } from 'xstate'
import { UssdError } from '../../src/engine/errors.ts'
import { render, screenName } from '../../src/engine/render.ts'
import { restore } from '../../src/engine/turn.ts'
import { compiled, inAll } from '../support/machines.ts'

const machine = createMachine({
  context: { left: 3 },
  initial: 'open',
  states: {
    open: {},
    settings: { initial: 'list', states: { list: { initial: 'first', states: { first: {} } } } },
  },
})
const menu = compiled(machine, {
  open: { ru: 'Открыт', be: 'Адкрыты', en: ({ left }: { left: number }) => `Left: ${left}` },
  'settings.list.first': inAll('First'),
})
const resting = (value: object | string) => restore(menu, { value: value as never, context: { left: 2 } })

describe('a screen', () => {
  it('is named by its state, with the states it lies in', () => {
    expect(screenName('open')).toBe('open')
    expect(screenName({ settings: 'list' })).toBe('settings.list')
    expect(screenName({ settings: { list: 'first' } })).toBe('settings.list.first')
    expect(screenName({})).toBe('')
  })

  it('is shown in the language asked for', () => {
    expect(render(menu, resting('open'), 'ru')).toBe('Открыт')
    expect(render(menu, resting('open'), 'be')).toBe('Адкрыты')
    expect(render(menu, resting({ settings: { list: 'first' } }), 'en')).toBe('First')
  })

  it('says what the dialogue knows now', () => {
    expect(render(menu, resting('open'), 'en')).toBe('Left: 2')
  })

  it('that the menu does not have is a fault of the menu, named by its code and its state', () => {
    const shown = () => render(compiled(machine), resting('open'), 'en')
    expect(shown).toThrow(UssdError)
    expect(shown).toThrow(/^USSD_MENU_FAULTY: .*\*100# has no screen 'open'/)
  })
})
