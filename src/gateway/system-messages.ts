import type { Language } from '../engine/authoring.ts'

/** Messages of the gateway itself. Each fits one USSD message (160 octets, 3GPP TS 29.002); a test measures them. */
export const systemMessages = {
  /** The line above a screen that is shown again. `check` measures every screen with it. */
  notUnderstood: { ru: 'Неверный выбор', be: 'Няправільны выбар', en: 'Wrong choice' },
  notServed: {
    ru: 'Ваш номер не обслуживается. Контакт-центр: 150',
    be: 'Ваш нумар не абслугоўваецца. Кантакт-цэнтр: 150',
    en: 'Your number is not served here. Contact centre: 150',
  },
  unknownCode: {
    ru: 'Такого кода нет. Проверьте его и наберите ещё раз',
    be: 'Такога кода няма. Праверце яго і набярыце яшчэ раз',
    en: 'There is no such code. Please check it and dial again',
  },
  expired: {
    ru: 'Время сеанса истекло. Пожалуйста, наберите код ещё раз',
    be: 'Час сеанса скончыўся. Калі ласка, набярыце код яшчэ раз',
    en: 'The session has expired. Please dial the code again',
  },
  ended: {
    ru: 'Сеанс уже завершён. Чтобы начать новый, наберите код',
    be: 'Сеанс ужо завершаны. Каб пачаць новы, набярыце код',
    en: 'This session is over. Dial the code to start another',
  },
  outOfStep: {
    ru: 'Ошибка сеанса. Пожалуйста, наберите код ещё раз',
    be: 'Памылка сеанса. Калі ласка, набярыце код яшчэ раз',
    en: 'Session error. Please dial the code again',
  },
  menuChanged: {
    ru: 'Услуга обновлена. Пожалуйста, наберите код ещё раз',
    be: 'Паслуга абноўлена. Калі ласка, набярыце код яшчэ раз',
    en: 'The service has been updated. Please dial the code again',
  },
  // Must not say that nothing changed: after a lost answer of the store, the outcome is unknown.
  unavailable: {
    ru: 'Услуга временно недоступна. Пожалуйста, попробуйте позже',
    be: 'Паслуга часова недаступная. Калі ласка, паспрабуйце пазней',
    en: 'The service is unavailable now. Please try again later',
  },
  // Sent before the record is read, so the subscriber's language is unknown.
  busy: {
    ru: 'Сейчас слишком много запросов. Пожалуйста, попробуйте ещё раз',
    be: 'Зараз занадта шмат запытаў. Калі ласка, паспрабуйце яшчэ раз',
    en: 'Too many requests at the moment. Please try again',
  },
} as const satisfies Record<string, Record<Language, string>>

export type SystemMessage = keyof typeof systemMessages
