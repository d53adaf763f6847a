import { assign, setup } from 'xstate'
import { effect, lookup, secretOf } from '../src/engine/authoring.ts'
import type { Reply, Screens, Secret, Tag } from '../src/engine/authoring.ts'
import { unavailableScreens } from './common.ts'
import type { Access } from './record.ts'
import type { Dialogue } from './languages.ts'

type Opening =
  { outcome: 'opened' | 'locked' | 'access-moved' } | { outcome: 'wrong-puk1'; attemptsLeft: number }

type Context = Dialogue & {
  /** PUK1 attempts left, of ten. */
  attemptsLeft: number
  /** Wrong or malformed entries in this dialogue. */
  mistakes: number
}

const MISTAKES_ALLOWED = 2

/** The transitions of every screen that asks for PUK1. */
const puk1Entry = {
  secret: [
    { guard: 'isPuk1', target: 'openingAccess' },
    { guard: 'isLastMistake', target: 'notOpened' },
    { target: 'notPuk1', actions: 'countMistake' },
  ],
  0: 'goodbye',
} as const

/** `*141*3*6#`: closes access to self-care, or opens it with the SIM's PUK1 (L7, L8, L11, L12). */
export const machine = setup({
  types: {
    input: {} as Dialogue,
    context: {} as Context,
    events: {} as Reply,
    tags: {} as Tag,
  },
  actors: {
    readAccess: lookup<undefined, { access: Access; attemptsLeft: number }>(),
    closeAccess: effect<undefined, { closed: boolean }>(),
    openAccess: effect<{ puk1: Secret }, Opening>(),
  },
  actions: {
    countMistake: assign({ mistakes: ({ context }) => context.mistakes + 1 }),
  },
  guards: {
    isPuk1: ({ event }) => /^[0-9]{8}$/.test(secretOf(event).reveal()),
    isLastMistake: ({ context }) => context.mistakes >= MISTAKES_ALLOWED,
    isLocked: ({ context }) => context.attemptsLeft === 0,
  },
}).createMachine({
  id: 'access',
  context: ({ input }) => ({ ...input, attemptsLeft: 10, mistakes: 0 }),
  initial: 'readingAccess',
  states: {
    readingAccess: {
      invoke: {
        src: 'readAccess',
        onDone: [
          { guard: ({ event }) => event.output.access === 'open', target: 'open' },
          {
            guard: ({ event }) => event.output.access === 'closed-by-organisation',
            target: 'closedByOrganisation',
          },
          { guard: ({ event }) => event.output.access === 'closed-by-operator', target: 'closedByOperator' },
          {
            target: 'closed',
            actions: assign({ attemptsLeft: ({ event }) => event.output.attemptsLeft }),
          },
        ],
        onError: 'unavailable',
      },
    },

    open: { on: { 1: 'closeConfirmation', 0: 'goodbye' } },
    closeConfirmation: { tags: 'confirmation', on: { 2: 'closingAccess', 0: 'goodbye' } },
    closingAccess: {
      invoke: {
        src: 'closeAccess',
        onDone: [
          { guard: ({ event }) => event.output.closed, target: 'accessClosed' },
          { target: 'readingAccess' },
        ],
        onError: 'unavailable',
      },
    },

    closed: { on: { 1: [{ guard: 'isLocked', target: 'puk1Locked' }, { target: 'puk1' }], 0: 'goodbye' } },
    puk1: { on: puk1Entry },
    notPuk1: { on: puk1Entry },
    wrongPuk1: { on: puk1Entry },
    openingAccess: {
      invoke: {
        src: 'openAccess',
        input: ({ event }) => ({ puk1: secretOf(event) }),
        onDone: [
          { guard: ({ event }) => event.output.outcome === 'opened', target: 'accessOpened' },
          { guard: ({ event }) => event.output.outcome === 'locked', target: 'puk1Locked' },
          { guard: ({ event }) => event.output.outcome === 'access-moved', target: 'readingAccess' },
          {
            guard: 'isLastMistake',
            target: 'notOpened',
            actions: assign(({ event }) =>
              event.output.outcome === 'wrong-puk1' ? { attemptsLeft: event.output.attemptsLeft } : {},
            ),
          },
          {
            target: 'wrongPuk1',
            actions: [
              'countMistake',
              assign(({ event }) =>
                event.output.outcome === 'wrong-puk1' ? { attemptsLeft: event.output.attemptsLeft } : {},
              ),
            ],
          },
        ],
        onError: 'unavailable',
      },
    },

    accessClosed: { type: 'final' },
    accessOpened: { type: 'final' },
    notOpened: { type: 'final' },
    puk1Locked: { type: 'final' },
    closedByOrganisation: { type: 'final' },
    closedByOperator: { type: 'final' },
    unavailable: { type: 'final' },
    goodbye: { type: 'final' },
  },
})

export const screens: Screens<typeof machine> = {
  open: {
    ru: 'Доступ в личный кабинет открыт\n1 Закрыть\n0 Выход',
    be: 'Доступ у асабісты кабінет адкрыты\n1 Закрыць\n0 Выхад',
    en: 'Access to self-care is open\n1 Close it\n0 Exit',
  },
  closeConfirmation: {
    ru: 'Закрыть доступ в личный кабинет?\n2 Да, закрыть\n0 Нет',
    be: 'Закрыць доступ у асабісты кабінет?\n2 Так, закрыць\n0 Не',
    en: 'Close access to self-care?\n2 Yes, close it\n0 No',
  },
  closed: {
    ru: 'Доступ в личный кабинет закрыт\n1 Открыть по PUK1\n0 Выход',
    be: 'Доступ у асабісты кабінет закрыты\n1 Адкрыць па PUK1\n0 Выхад',
    en: 'Access to self-care is closed\n1 Open it with PUK1\n0 Exit',
  },
  puk1: {
    ru: 'Введите PUK1 вашей SIM-карты: 8 цифр\n0 Выход',
    be: 'Увядзіце PUK1 вашай SIM-карты: 8 лічбаў\n0 Выхад',
    en: 'Enter the PUK1 of your SIM card: 8 digits\n0 Exit',
  },
  notPuk1: {
    ru: 'В PUK1 должно быть 8 цифр. Введите PUK1 ещё раз\n0 Выход',
    be: 'У PUK1 павінна быць 8 лічбаў. Увядзіце PUK1 яшчэ раз\n0 Выхад',
    en: 'PUK1 has 8 digits. Enter PUK1 again\n0 Exit',
  },
  wrongPuk1: {
    ru: (c) => `Неверный PUK1. Осталось попыток: ${c.attemptsLeft}. Введите PUK1 ещё раз\n0 Выход`,
    be: (c) => `Няправільны PUK1. Засталося спроб: ${c.attemptsLeft}. Увядзіце PUK1 яшчэ раз\n0 Выхад`,
    en: (c) => `Wrong PUK1. Attempts left: ${c.attemptsLeft}. Enter PUK1 again\n0 Exit`,
  },
  accessClosed: {
    ru: 'Доступ закрыт. Чтобы открыть, наберите *141*3*6# и введите PUK1',
    be: 'Доступ закрыты. Каб адкрыць, набярыце *141*3*6# і ўвядзіце PUK1',
    en: 'Access is closed. To open it, dial *141*3*6# and enter PUK1',
  },
  accessOpened: {
    ru: 'Доступ в личный кабинет открыт. Пароль можно задать: *141*0#',
    be: 'Доступ у асабісты кабінет адкрыты. Пароль можна задаць: *141*0#',
    en: 'Access to self-care is open. To set a password, dial *141*0#',
  },
  notOpened: {
    ru: (c) => `Доступ не открыт: три ошибки. Осталось попыток ввода PUK1: ${c.attemptsLeft}`,
    be: (c) => `Доступ не адкрыты: тры памылкі. Засталося спроб уводу PUK1: ${c.attemptsLeft}`,
    en: (c) => `Access stays closed after three mistakes. PUK1 attempts left: ${c.attemptsLeft}`,
  },
  puk1Locked: {
    ru: 'Ввод PUK1 заблокирован. Пожалуйста, позвоните в контакт-центр: 150',
    be: 'Увод PUK1 заблакіраваны. Калі ласка, патэлефануйце ў кантакт-цэнтр: 150',
    en: 'PUK1 is locked after ten wrong attempts. Please call the contact centre: 150',
  },
  ...unavailableScreens,
  goodbye: {
    ru: 'Доступ не изменён. До свидания',
    be: 'Доступ не зменены. Да пабачэння',
    en: 'Access is unchanged. Goodbye',
  },
}
