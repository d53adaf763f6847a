/** Messages of the gateway itself, in the languages that ship. Each fits one USSD message (160 octets, 3GPP TS 29.002). */
import type { Language } from '../engine/authoring.ts'

/** The languages whose system messages ship. */
export const shippedLanguages = ['en', 'ru', 'be', 'fr', 'pt', 'sw'] as const
export type ShippedLanguage = (typeof shippedLanguages)[number]

export const systemMessages = {
  /** The line above a screen that is shown again. `check` measures every screen with it. */
  notUnderstood: {
    en: 'Wrong choice',
    ru: 'Неверный выбор',
    be: 'Няправільны выбар',
    fr: 'Choix incorrect',
    pt: 'Opção inválida',
    sw: 'Chaguo si sahihi',
  },
  notServed: {
    en: 'Your number is not served here',
    ru: 'Ваш номер здесь не обслуживается',
    be: 'Ваш нумар тут не абслугоўваецца',
    fr: "Votre numéro n'est pas pris en charge",
    pt: 'O seu número não é atendido aqui',
    sw: 'Namba yako haihudumiwi hapa',
  },
  unknownCode: {
    en: 'There is no such code. Please check it and dial again',
    ru: 'Такого кода нет. Проверьте его и наберите ещё раз',
    be: 'Такога кода няма. Праверце яго і набярыце яшчэ раз',
    fr: "Ce code n'existe pas. Vérifiez-le et recomposez-le",
    pt: 'Este código não existe. Verifique e marque outra vez',
    sw: 'Hakuna msimbo huo. Tafadhali hakikisha kisha piga tena',
  },
  expired: {
    en: 'The session has expired. Please dial the code again',
    ru: 'Время сеанса истекло. Пожалуйста, наберите код ещё раз',
    be: 'Час сеанса скончыўся. Калі ласка, набярыце код яшчэ раз',
    fr: 'La session a expiré. Veuillez recomposer le code',
    pt: 'A sessão expirou. Por favor, marque o código outra vez',
    sw: 'Muda wa kipindi umekwisha. Tafadhali piga msimbo tena',
  },
  ended: {
    en: 'This session is over. Dial the code to start another',
    ru: 'Сеанс уже завершён. Чтобы начать новый, наберите код',
    be: 'Сеанс ужо завершаны. Каб пачаць новы, набярыце код',
    fr: 'Cette session est terminée. Recomposez le code pour recommencer',
    pt: 'Esta sessão terminou. Marque o código para começar outra',
    sw: 'Kipindi hiki kimekwisha. Piga msimbo kuanza kingine',
  },
  outOfStep: {
    en: 'Session error. Please dial the code again',
    ru: 'Ошибка сеанса. Пожалуйста, наберите код ещё раз',
    be: 'Памылка сеанса. Калі ласка, набярыце код яшчэ раз',
    fr: 'Erreur de session. Veuillez recomposer le code',
    pt: 'Erro de sessão. Por favor, marque o código outra vez',
    sw: 'Hitilafu ya kipindi. Tafadhali piga msimbo tena',
  },
  menuChanged: {
    en: 'The service has been updated. Please dial the code again',
    ru: 'Услуга обновлена. Пожалуйста, наберите код ещё раз',
    be: 'Паслуга абноўлена. Калі ласка, набярыце код яшчэ раз',
    fr: 'Le service a été mis à jour. Veuillez recomposer le code',
    pt: 'O serviço foi atualizado. Por favor, marque o código outra vez',
    sw: 'Huduma imesasishwa. Tafadhali piga msimbo tena',
  },
  // Must not say that nothing changed: after a lost answer of the store, the outcome is unknown.
  unavailable: {
    en: 'The service is unavailable now. Please try again later',
    ru: 'Услуга временно недоступна. Пожалуйста, попробуйте позже',
    be: 'Паслуга часова недаступная. Калі ласка, паспрабуйце пазней',
    fr: 'Service momentanément indisponible. Veuillez réessayer plus tard',
    pt: 'Serviço indisponível de momento. Por favor, tente mais tarde',
    sw: 'Huduma haipatikani kwa sasa. Tafadhali jaribu tena baadaye',
  },
  // Sent before the record is read, so the subscriber's language is unknown.
  busy: {
    en: 'Too many requests at the moment. Please try again',
    ru: 'Сейчас слишком много запросов. Пожалуйста, попробуйте ещё раз',
    be: 'Зараз занадта шмат запытаў. Калі ласка, паспрабуйце яшчэ раз',
    fr: 'Trop de demandes en ce moment. Veuillez réessayer',
    pt: 'Demasiados pedidos neste momento. Por favor, tente outra vez',
    sw: 'Maombi ni mengi kwa sasa. Tafadhali jaribu tena',
  },
} as const satisfies Record<string, Record<ShippedLanguage, string>>

export type SystemMessage = keyof typeof systemMessages

/** The system messages of a project, each in every language of the project. */
export type Messages = Readonly<Record<SystemMessage, Readonly<Record<Language, string>>>>
