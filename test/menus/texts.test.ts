/** Checks every text of menus and gateway, with every value it can contain. */
import { describe, expect, it } from '@jest/globals'
import project, { menus } from '../../menus/index.ts'
import { languages } from '../../menus/languages.ts'
import type { Language } from '../../menus/languages.ts'
import { textOf } from '../../src/engine/render.ts'
import { leavesOf, repliesOf } from '../../src/menu-analysis/statechart.ts'
import { PUK1_ATTEMPTS } from '../../menus/record.ts'
import { countSeptets } from '../../src/ussd/alphabet.ts'
import { measure } from '../../src/ussd/message.ts'
import { transliterate } from '../../src/ussd/transliterate.ts'
import type { Weakness } from '../../src/services/weak-password.ts'
import { compiled } from '../support/machines.ts'

const upTo = (last: number) => Array.from({ length: last + 1 }, (_, value) => value)
const weaknesses: Record<Weakness, true> = {
  repeat: true,
  sequence: true,
  keypad: true,
  date: true,
  'own-number': true,
  common: true,
}

/** Every context that changes a text. A menu whose texts do not depend on the context needs no entry. */
const contexts: Partial<Record<keyof typeof menus, (language: Language) => object[]>> = {
  '*141*0#': (language) =>
    [null, ...Object.keys(weaknesses)].map((weakness) => ({
      language,
      refusals: 0,
      weakness,
      warned: 'SEALED',
      sealed: 'SEALED',
    })),
  '*141*3*6#': (language) =>
    upTo(PUK1_ATTEMPTS).flatMap((attemptsLeft) =>
      upTo(3).map((mistakes) => ({ language, attemptsLeft, mistakes })),
    ),
}

const contextsOf = (code: keyof typeof menus, language: Language): object[] =>
  contexts[code]?.(language) ?? [{ language }]

interface Said {
  readonly where: string
  readonly language: Language
  readonly text: string
  /** The screen below the line for a wrong choice. */
  readonly whole: string
}

function saidBy(code: keyof typeof menus): Said[] {
  const { machine, screens } = compiled(menus[code].machine, menus[code].screens)
  return leavesOf(machine).flatMap((leaf) => {
    const takesAnything = repliesOf(leaf).some(
      ({ eventType, guard }) => (eventType === 'secret' || eventType === 'text') && guard === undefined,
    )
    const isShownAgain = leaf.type !== 'final' && !takesAnything
    return languages.flatMap((language) => {
      const text = screens[leaf.key]?.[language]
      if (text === undefined) return []
      const texts = new Set(contextsOf(code, language).map((context) => textOf(text, context)))
      return [...texts].map((said) => ({
        where: `${code} ${leaf.key}/${language}`,
        language,
        text: said,
        whole: isShownAgain ? `${project.messages.notUnderstood[language]}\n${said}` : said,
      }))
    })
  })
}

const bySentences: Said[] = Object.entries(project.messages).flatMap(([name, texts]) =>
  languages.map((language) => ({
    where: `${name}/${language}`,
    language,
    text: texts[language] ?? '',
    whole: texts[language] ?? '',
  })),
)

const codes = Object.keys(menus) as (keyof typeof menus)[]
const all: readonly Said[] = [...codes.flatMap(saidBy), ...bySentences]

/** The places of texts that break a rule. */
const breaking = (rule: (said: Said) => boolean): string[] =>
  all.filter((said) => !rule(said)).map(({ where, whole }) => `${where}: ${whole}`)

const inLatin = ({ language, whole }: Said) => (language === 'en' ? whole : transliterate(whole, language))
const letters = (text: string): string[] => text.match(/\p{L}/gu) ?? []

describe('every text', () => {
  it('is looked at: all screens, all sentences, all values', () => {
    const screens = codes.flatMap((code) => Object.keys(menus[code].screens))
    expect(new Set(all.map(({ where }) => where)).size).toBe(
      3 * (screens.length + Object.keys(project.messages).length),
    )
    expect(all.filter(({ where }) => where === '*141*3*6# wrongPuk1/be')).toHaveLength(11)
    expect(all.filter(({ where }) => where === '*141*0# weakPassword/en')).toHaveLength(6)
  })

  it('fits one USSD message', () => {
    expect(breaking(({ whole }) => measure(whole).fits)).toEqual([])
  })

  it('fits one USSD message in Latin letters of the GSM alphabet', () => {
    expect(breaking((said) => measure(inLatin(said)).fits)).toEqual([])
    expect(breaking((said) => countSeptets(inLatin(said)) !== null)).toEqual([])
  })

  it('uses the GSM alphabet in English', () => {
    expect(breaking(({ language, whole }) => language !== 'en' || countSeptets(whole) !== null)).toEqual([])
  })

  it('is normalised to NFC', () => {
    expect(breaking(({ text }) => text === text.normalize('NFC'))).toEqual([])
  })

  it('has only letters, digits and keyboard symbols', () => {
    expect(breaking(({ text }) => /^[A-Za-zА-Яа-яЁёІіЎў0-9 \n.,:;?!*#()'-]+$/.test(text))).toEqual([])
  })

  it('has no superfluous blanks', () => {
    expect(breaking(({ text }) => !/ {2}|^\s|\s$| \n|\n |\n\n| [.,:;?!)]|\( /.test(text))).toEqual([])
  })

  it('begins with a capital or a number, and does not end with a full stop', () => {
    expect(breaking(({ text }) => /^[\p{Lu}0-9]/u.test(text) && !text.endsWith('.'))).toEqual([])
  })

  it('does not mix Cyrillic and Latin look-alikes in a word', () => {
    const mixed = ({ text }: Said) =>
      (text.match(/\p{L}+/gu) ?? []).some((word) => /[A-Za-z]/.test(word) && /[А-Яа-яЁёІіЎў]/.test(word))
    expect(breaking((said) => !mixed(said))).toEqual([])
  })

  it('uses the letters of its language', () => {
    const foreign = { ru: /[ІіЎў]/, be: /[ИиЩщЪъ]/, en: /[А-Яа-яЁёІіЎў]/ }
    expect(breaking(({ language, text }) => !foreign[language].test(text))).toEqual([])
    expect(breaking(({ language, text }) => language === 'en' || /[А-Яа-яЁёІіЎў]/.test(text))).toEqual([])
  })

  it('follows the Belarusian rule for ў and у', () => {
    const vowelBefore = /[аеёіоуыэюяАЕЁІОУЫЭЮЯ] ?у(?![ -])|[аеёіоуыэюя] у /
    const consonantBefore = /[бвгджзйклмнпрстфхцчшь] ?ў/
    expect(
      breaking(
        ({ language, text }) => language !== 'be' || !(vowelBefore.test(text) || consonantBefore.test(text)),
      ),
    ).toEqual([])
  })

  it('lists one choice per line, 0 last', () => {
    const choices = ({ text }: Said) => text.split('\n').slice(1)
    expect(breaking((said) => choices(said).every((line) => /^[0-9] \p{Lu}/u.test(line)))).toEqual([])
    expect(
      breaking((said) =>
        choices(said).every((line, at, { length }) => !line.startsWith('0') || at === length - 1),
      ),
    ).toEqual([])
  })

  it('has a similar length in each language', () => {
    const lengths = new Map<string, number[]>()
    for (const { where, text } of all) {
      const name = where.replace(/\/..$/, '')
      lengths.set(name, [...(lengths.get(name) ?? []), letters(text).length])
    }
    const uneven = [...lengths].filter(([, counts]) => Math.max(...counts) > 2 * Math.min(...counts))
    expect(uneven).toEqual([])
  })

  it('never shows a sealed secret', () => {
    expect(breaking(({ text }) => !text.includes('SEALED'))).toEqual([])
  })
})
