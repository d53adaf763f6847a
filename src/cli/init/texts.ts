/** The texts of the menu that `ussd init` writes, in the languages whose system messages ship. */
import type { ShippedLanguage } from '../../gateway/system-messages.ts'

/** `thanks` is the text before and after the name. */
export interface ShopTexts {
  readonly welcome: string
  readonly hours: string
  readonly name: string
  readonly thanks: readonly [before: string, after: string]
  readonly goodbye: string
}

const shopTexts: Readonly<Record<ShippedLanguage, ShopTexts>> = {
  en: {
    welcome: 'Welcome to the shop\n1 Opening hours\n2 Tell us your name\n0 Exit',
    hours: 'We are open every day from 8 to 20\n0 Back',
    name: 'Enter your name, up to 20 letters\n0 Back',
    thanks: ['Thank you, ', '. See you soon'],
    goodbye: 'Goodbye',
  },
  ru: {
    welcome: 'Наш магазин\n1 Часы работы\n2 Назвать имя\n0 Выход',
    hours: 'Мы открыты каждый день с 8 до 20\n0 Назад',
    name: 'Введите имя, до 20 букв\n0 Назад',
    thanks: ['Спасибо, ', '. До встречи'],
    goodbye: 'До свидания',
  },
  be: {
    welcome: 'Наша крама\n1 Гадзіны працы\n2 Назваць імя\n0 Выхад',
    hours: 'Мы адчыненыя штодня з 8 да 20\n0 Назад',
    name: 'Увядзіце імя, да 20 літар\n0 Назад',
    thanks: ['Дзякуй, ', '. Да сустрэчы'],
    goodbye: 'Да пабачэння',
  },
  fr: {
    welcome: 'Bienvenue\n1 Horaires\n2 Donner votre nom\n0 Quitter',
    hours: 'Ouvert tous les jours de 8 h à 20 h\n0 Retour',
    name: 'Entrez votre nom, 20 lettres au plus\n0 Retour',
    thanks: ['Merci, ', '. Au revoir'],
    goodbye: 'Au revoir',
  },
  pt: {
    welcome: 'Bem-vindo\n1 Horário\n2 Dizer o seu nome\n0 Sair',
    hours: 'Aberto todos os dias das 8 às 20\n0 Voltar',
    name: 'Escreva o seu nome, até 20 letras\n0 Voltar',
    thanks: ['Obrigado, ', '. Até breve'],
    goodbye: 'Adeus',
  },
  sw: {
    welcome: 'Karibu dukani\n1 Saa za kazi\n2 Sema jina lako\n0 Toka',
    hours: 'Tuko wazi kila siku\n0 Rudi',
    name: 'Andika jina lako, herufi 20 tu\n0 Rudi',
    thanks: ['Asante, ', '. Karibu tena'],
    goodbye: 'Kwaheri',
  },
}

/** The texts in a language; English ones where none ship, for the author to translate. */
export const textsIn = (language: string): ShopTexts =>
  (shopTexts as Readonly<Record<string, ShopTexts>>)[language] ?? shopTexts.en
