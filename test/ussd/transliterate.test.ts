import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { countSeptets } from '../../src/ussd/alphabet.ts'
import { transliterate } from '../../src/ussd/transliterate.ts'

const letters = 'абвгґдеёжзиійклмнопрстуўфхцчшщъыьэюя'
const bothCases = (letters + letters.toUpperCase()).split('')

describe('transliterating Belarusian', () => {
  it.each([
    ["Вераб'ёвічы", 'Vierabjovichy'],
    ['Дзедаў', 'Dziedaw'],
    ['Сафіеўка', 'Safijewka'],
    ['Улукаўе', 'Ulukawje'],
    ['Шаркаўшчына', 'Sharkawshchyna'],
    ['Еўропа, ёлка, юнак, Яна', 'Jewropa, jolka, junak, Jana'],
    ['ляс, люк, зялёны, се', 'lias, liuk, zialiony, sie'],
    ['мая, сваё, маю, уе, мыю, эё', 'maja, svajo, maju, uje, myju, ejo'],
    ['вьюн', 'vjun'],
    ['сямʼя сям’я', 'siamja siamja'],
    ["П'ЯЦЬ", 'PJAC'],
    ['хата, цуд, ґанак, госць, жыць, рака', 'hata, cud, ganak, gosc, zhyc, raka'],
    ['5ё 1я', '5jo 1ja'],
    ["'ёлка'", "'jolka'"],
    ['и щ ъ', 'i shch '],
  ])('writes %s', (text, latin) => {
    expect(transliterate(text, 'be')).toBe(latin)
  })
})

describe('transliterating Russian', () => {
  it.each([
    ['Ваш баланс 968.98 р. Для вас…', 'Vash balans 968.98 r. Dlya vas...'],
    ['Щука, щавель, объект, подъезд, мышь', 'Shchuka, shchavel, obekt, podezd, mysh'],
    ['Ёлка и ещё', 'Yolka i eshchyo'],
    ['Новый пароль', 'Novyy parol'],
    ['хор, цех, чай, шум, жук, это, юг, яма', 'khor, tsekh, chay, shum, zhuk, eto, yug, yama'],
    ['д’Артаньян', "d'Artanyan"],
    ['і ў ґ', 'i w g'],
  ])('writes %s', (text, latin) => {
    expect(transliterate(text, 'ru')).toBe(latin)
  })
})

describe('transliterating either language', () => {
  it.each([
    ['ЩУКА', 'SHCHUKA'],
    ['Щука', 'Shchuka'],
    ['Я ЖДУ', 'Ya ZHDU'],
    ['ЖУК-ЩУКА Жук', 'ZHUK-SHCHUKA Zhuk'],
    ['СМСка', 'SMSka'],
  ])('keeps the capitals of %s', (text, latin) => {
    expect(transliterate(text, 'ru')).toBe(latin)
  })

  it('simplifies typography', () => {
    expect(transliterate('«а» “b” „c” – — − … №5 • 1\u00a0000 l’été', 'ru')).toBe(
      '"a" "b" "c" - - - ... No5 * 1 000 l\'été',
    )
  })

  it('normalises to NFC first', () => {
    expect(transliterate('и\u0306 у\u0306 е\u0308', 'ru')).toBe('y w yo')
    expect(transliterate('и\u0306 у\u0306 е\u0308', 'be')).toBe('j w jo')
  })

  it('keeps digits, Latin letters and unknown characters', () => {
    for (const text of ["*141*0# PUK1 don't", 'Ça va Ä', '', '😀 ї'])
      expect(transliterate(text, 'be')).toBe(text)
  })

  it('produces only GSM characters from letters of both languages', () => {
    const units = fc.constantFrom(
      ...bothCases,
      "'",
      '’',
      'ʼ',
      ' ',
      '«',
      '»',
      '—',
      '№',
      '…',
      '5',
      'a',
      'Z',
      '\u00a0',
    )
    fc.assert(
      fc.property(
        fc.string({ unit: units }),
        fc.constantFrom('ru' as const, 'be' as const),
        (text, language) => {
          const latin = transliterate(text, language)
          expect(countSeptets(latin)).not.toBeNull()
          expect(transliterate(latin, language)).toBe(latin)
        },
      ),
    )
  })
})
