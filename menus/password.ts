import { assign, setup } from 'xstate'
import { effect, lookup, secretOf } from '../src/engine/authoring.ts'
import type { Reply, Screens, Secret, Tag } from '../src/engine/authoring.ts'
import { unavailableScreens } from './common.ts'
import type { Access } from './record.ts'
import type { Dialogue, Language } from './languages.ts'

type Weakness = 'repeat' | 'sequence' | 'keypad' | 'date' | 'own-number' | 'common'

type Assessment =
  | { verdict: 'accepted'; sealed: string }
  | { verdict: 'malformed' }
  | { verdict: 'doubtful'; weakness: Weakness; sealed: string }
  | { verdict: 'too-weak'; weakness: Weakness }

type Context = Dialogue & {
  /** Rejected entries in this dialogue. */
  refusals: number
  weakness: Weakness | null
  /** Keyed digest of the weak password that the subscriber was warned about. */
  warned: string | null
  /** Keyed digest of the password to repeat. */
  sealed: string
}

const REFUSALS_ALLOWED = 2

/** The transitions of every screen that asks for a new password. */
const passwordEntry = { secret: 'assessingPassword', 0: 'goodbye' } as const

/** `*141*0#`: sets the self-care password, 5-10 digits, typed twice (L2, L4). */
export const machine = setup({
  types: {
    input: {} as Dialogue,
    context: {} as Context,
    events: {} as Reply,
    tags: {} as Tag,
  },
  actors: {
    readAccess: lookup<undefined, { access: Access }>(),
    assessPassword: lookup<{ password: Secret; warned: string | null }, Assessment>(),
    savePassword: effect<
      { repeated: Secret; sealed: string },
      { outcome: 'saved' | 'different' | 'access-closed' }
    >(),
  },
  actions: {
    countRefusal: assign({ refusals: ({ context }) => context.refusals + 1 }),
  },
  guards: {
    isLastRefusal: ({ context }) => context.refusals >= REFUSALS_ALLOWED,
  },
}).createMachine({
  id: 'password',
  context: ({ input }) => ({ ...input, refusals: 0, weakness: null, warned: null, sealed: '' }),
  initial: 'readingAccess',
  states: {
    readingAccess: {
      invoke: {
        src: 'readAccess',
        onDone: [
          { guard: ({ event }) => event.output.access === 'open', target: 'password' },
          {
            guard: ({ event }) => event.output.access === 'closed-by-organisation',
            target: 'closedByOrganisation',
          },
          { guard: ({ event }) => event.output.access === 'closed-by-operator', target: 'closedByOperator' },
          { target: 'accessClosed' },
        ],
        onError: 'unavailable',
      },
    },
    password: { on: passwordEntry },
    notPassword: { on: passwordEntry },
    weakPassword: { tags: 'secret-again', on: passwordEntry },
    tooWeak: { on: passwordEntry },
    different: { tags: 'secret-again', on: passwordEntry },
    assessingPassword: {
      invoke: {
        src: 'assessPassword',
        input: ({ event, context }) => ({ password: secretOf(event), warned: context.warned }),
        onDone: [
          {
            guard: ({ event }) => event.output.verdict === 'accepted',
            target: 'repeatPassword',
            actions: assign(({ event }) =>
              event.output.verdict === 'accepted' ? { sealed: event.output.sealed } : {},
            ),
          },
          {
            guard: ({ event, context }) => event.output.verdict === 'doubtful' && context.warned === null,
            target: 'weakPassword',
            actions: assign(({ event }) =>
              event.output.verdict === 'doubtful'
                ? { warned: event.output.sealed, weakness: event.output.weakness }
                : {},
            ),
          },
          { guard: 'isLastRefusal', target: 'refused' },
          // A second weak password counts as rejected; otherwise the dialogue could go on forever.
          {
            guard: ({ event }) => event.output.verdict === 'doubtful',
            target: 'weakPassword',
            actions: [
              'countRefusal',
              assign(({ event }) =>
                event.output.verdict === 'doubtful'
                  ? { warned: event.output.sealed, weakness: event.output.weakness }
                  : {},
              ),
            ],
          },
          {
            guard: ({ event }) => event.output.verdict === 'too-weak',
            target: 'tooWeak',
            actions: [
              'countRefusal',
              assign(({ event }) =>
                event.output.verdict === 'too-weak' ? { weakness: event.output.weakness } : {},
              ),
            ],
          },
          { target: 'notPassword', actions: 'countRefusal' },
        ],
        onError: 'unavailable',
      },
    },
    repeatPassword: { tags: 'secret-again', on: { secret: 'savingPassword', 0: 'goodbye' } },
    savingPassword: {
      invoke: {
        src: 'savePassword',
        input: ({ event, context }) => ({ repeated: secretOf(event), sealed: context.sealed }),
        onDone: [
          { guard: ({ event }) => event.output.outcome === 'saved', target: 'saved' },
          { guard: ({ event }) => event.output.outcome === 'access-closed', target: 'readingAccess' },
          { guard: 'isLastRefusal', target: 'refused' },
          { target: 'different', actions: 'countRefusal' },
        ],
        onError: 'unavailable',
      },
    },
    saved: { type: 'final' },
    refused: { type: 'final' },
    accessClosed: { type: 'final' },
    closedByOrganisation: { type: 'final' },
    closedByOperator: { type: 'final' },
    unavailable: { type: 'final' },
    goodbye: { type: 'final' },
  },
})

const weaknesses: Record<Weakness, Record<Language, string>> = {
  repeat: { ru: 'повтор цифр', be: 'паўтор лічбаў', en: 'repeated digits' },
  sequence: { ru: 'цифры подряд', be: 'лічбы запар', en: 'digits in a row' },
  keypad: { ru: 'узор клавиш', be: 'узор клавіш', en: 'a keypad pattern' },
  date: { ru: 'это дата', be: 'гэта дата', en: 'a date' },
  'own-number': { ru: 'ваш номер', be: 'ваш нумар', en: 'your own number' },
  common: { ru: 'распространённый', be: 'распаўсюджаны', en: 'a common one' },
}

const weakness = (context: Context, language: Language) => weaknesses[context.weakness ?? 'common'][language]

export const screens: Screens<typeof machine> = {
  password: {
    ru: 'Личный кабинет. Введите новый пароль: 5-10 цифр\n0 Выход',
    be: 'Асабісты кабінет. Увядзіце новы пароль: 5-10 лічбаў\n0 Выхад',
    en: 'Self-care. Enter a new password: 5-10 digits\n0 Exit',
  },
  notPassword: {
    ru: 'Нужно от 5 до 10 цифр. Введите новый пароль ещё раз\n0 Выход',
    be: 'Трэба ад 5 да 10 лічбаў. Увядзіце новы пароль яшчэ раз\n0 Выхад',
    en: 'A password has 5 to 10 digits. Enter a new password again\n0 Exit',
  },
  weakPassword: {
    ru: (c) => `Простой пароль (${weakness(c, 'ru')}). Повторите его или введите другой\n0 Выход`,
    be: (c) => `Просты пароль (${weakness(c, 'be')}). Паўтарыце яго ці ўвядзіце іншы\n0 Выхад`,
    en: (c) =>
      `Easy to guess: ${weakness(c, 'en')}. Enter it again to keep it, or enter another password\n0 Exit`,
  },
  tooWeak: {
    ru: (c) => `Слишком простой пароль (${weakness(c, 'ru')}). Введите другой\n0 Выход`,
    be: (c) => `Занадта просты пароль (${weakness(c, 'be')}). Увядзіце іншы\n0 Выхад`,
    en: (c) => `Too easy to guess: ${weakness(c, 'en')}. Enter another password\n0 Exit`,
  },
  repeatPassword: {
    ru: 'Повторите новый пароль\n0 Выход',
    be: 'Паўтарыце новы пароль\n0 Выхад',
    en: 'Repeat the new password\n0 Exit',
  },
  different: {
    ru: 'Пароли не совпали. Введите новый пароль: 5-10 цифр\n0 Выход',
    be: 'Паролі не супалі. Увядзіце новы пароль: 5-10 лічбаў\n0 Выхад',
    en: 'The passwords differ. Enter a new password: 5-10 digits\n0 Exit',
  },
  saved: {
    ru: 'Пароль сохранён. Никому его не сообщайте',
    be: 'Пароль захаваны. Нікому яго не паведамляйце',
    en: 'The password is saved. Keep it to yourself',
  },
  refused: {
    ru: 'Пароль не изменён: три ошибки. Наберите *141*0# ещё раз',
    be: 'Пароль не зменены: тры памылкі. Набярыце *141*0# яшчэ раз',
    en: 'The password is unchanged after three mistakes. Dial *141*0# to try again',
  },
  accessClosed: {
    ru: 'Доступ в личный кабинет закрыт. Чтобы открыть, наберите *141*3*6#',
    be: 'Доступ у асабісты кабінет закрыты. Каб адкрыць, набярыце *141*3*6#',
    en: 'Access to self-care is closed. To open it, dial *141*3*6#',
  },
  ...unavailableScreens,
  goodbye: {
    ru: 'Пароль не изменён. До свидания',
    be: 'Пароль не зменены. Да пабачэння',
    en: 'The password is unchanged. Goodbye',
  },
}
