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
  it('is named by the path of its state', () => {
    expect(screenName('open')).toBe('open')
    expect(screenName({ settings: 'list' })).toBe('settings.list')
    expect(screenName({ settings: { list: 'first' } })).toBe('settings.list.first')
    expect(screenName({})).toBe('')
  })

  it('is rendered in the given language', () => {
    expect(render(menu, resting('open'), 'ru')).toBe('Открыт')
    expect(render(menu, resting('open'), 'be')).toBe('Адкрыты')
    expect(render(menu, resting({ settings: { list: 'first' } }), 'en')).toBe('First')
  })

  it('shows values of the context', () => {
    expect(render(menu, resting('open'), 'en')).toBe('Left: 2')
  })

  it('without a text throws USSD_MENU_FAULTY with the code and the state', () => {
    const shown = () => render(compiled(machine), resting('open'), 'en')
    expect(shown).toThrow(UssdError)
    expect(shown).toThrow(/^USSD_MENU_FAULTY: .*\*100# has no screen 'open'/)
  })
})
