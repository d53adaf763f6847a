import { setup } from 'xstate'
import type { Reply, Screens } from '../../src/engine/authoring.ts'
import type { Dialogue } from '../../menus/languages.ts'

const types = { input: {} as Dialogue, context: {} as Dialogue, events: {} as Reply }

export const machine = setup({ types }).createMachine({
  id: 'contacts',
  context: ({ input }) => input,
  initial: 'contacts',
  states: { contacts: { on: { 1: 'phone' } }, phone: { type: 'final' } },
})

export const screens: Screens<typeof machine> = {
  contacts: { ru: 'Контакты\n1 Телефон', be: 'Кантакты\n1 Тэлефон', en: 'Contacts\n1 Phone' },
  phone: { ru: 'Контакт-центр: 150', be: 'Кантакт-цэнтр: 150', en: 'Contact centre: 150' },
}
