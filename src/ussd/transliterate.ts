/**
 * Transliterates Cyrillic menus, because a GSM 7-bit message has 182 characters and a Cyrillic one 80. Belarusian follows the
 * national instruction of 2023 (State Property Committee, resolution No. 19), Russian the usage of operators. All output
 * letters are ASCII.
 */

const transliteratedLanguages = ['ru', 'be'] as const
export type TransliteratedLanguage = (typeof transliteratedLanguages)[number]

/** True for a language that `transliterate` covers. */
export const isTransliterated = (language: string): language is TransliteratedLanguage =>
  (transliteratedLanguages as readonly string[]).includes(language)

// prettier-ignore
const typography: Record<string, string> = {
  '«': '"', '»': '"', '“': '"', '”': '"', '„': '"', '‟': '"', '‹': '"', '›': '"',
  '’': "'", '‘': "'", '‚': "'", '‛': "'",
  '–': '-', '—': '-', '−': '-', '‐': '-', '‑': '-', '‒': '-', '―': '-',
  '…': '...', '№': 'No', '•': '*', '₽': 'RUB',
  '\u00a0': ' ', '\u202f': ' ', '\u2009': ' ',
}

// prettier-ignore
const common: Record<string, string> = {
  а: 'a', б: 'b', в: 'v', г: 'g', ґ: 'g', д: 'd', е: 'e', ж: 'zh', з: 'z', і: 'i', и: 'i', к: 'k', л: 'l', м: 'm',
  н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ў: 'w', ф: 'f', ч: 'ch', ш: 'sh', щ: 'shch', ъ: '',
  ы: 'y', ь: '', э: 'e',
}

// Each table covers the other language too: one Cyrillic letter would reduce the whole page to 80 characters.
const tables: Record<TransliteratedLanguage, Record<string, string>> = {
  ru: { ...common, ё: 'yo', й: 'y', х: 'kh', ц: 'ts', ю: 'yu', я: 'ya' },
  be: { ...common, й: 'j', х: 'h', ц: 'c' },
}

const iotated: Record<string, string> = { е: 'e', ё: 'o', ю: 'u', я: 'a' }
const consonants = new Set('бвгґджзклмнпрстфхцчшщ')
const typographic = new RegExp(`[${Object.keys(typography).join('')}]`, 'g')
const word = /[\p{L}'ʼ]+/gu
const cyrillic = /[Ѐ-ӿ]/
const apostrophes = new Set("'ʼ")

/**
 * Transliterates a text to Latin letters after NFC normalisation, and simplifies quotes and dashes. Keeps the case of words:
 * `ЩУКА` → `SHCHUKA`, `Щука` → `Shchuka`, `Я` → `Ya`. Leaves all other characters unchanged.
 */
export function transliterate(text: string, language: TransliteratedLanguage): string {
  return text
    .normalize('NFC')
    .replace(typographic, (sign) => typography[sign] ?? sign)
    .replace(word, (found) =>
      cyrillic.test(found) || found.includes('ʼ') ? inLatin(found, language) : found,
    )
}

function inLatin(found: string, language: TransliteratedLanguage): string {
  const capitals = isAllCapitals(found)
  let latin = ''
  for (let at = 0; at < found.length; at += 1) {
    const letter = found.charAt(at)
    const lower = letter.toLowerCase()
    const sound = soundOf(found, at, language)
    if (letter === lower) latin += sound
    else latin += capitals ? sound.toUpperCase() : sound.charAt(0).toUpperCase() + sound.slice(1)
  }
  return latin
}

function soundOf(found: string, at: number, language: TransliteratedLanguage): string {
  const letter = found.charAt(at)
  const lower = letter.toLowerCase()
  const before = found.charAt(at - 1).toLowerCase()
  if (apostrophes.has(lower)) {
    const inside = cyrillic.test(before) && cyrillic.test(found.charAt(at + 1))
    return language === 'be' && inside ? '' : "'"
  }
  const vowel = iotated[lower]
  if (language === 'be' && vowel !== undefined) return (consonants.has(before) ? 'i' : 'j') + vowel
  // A letter outside the tables keeps its case.
  return tables[language][lower] ?? letter
}

/** False for a single letter: `Я` begins a sentence. */
function isAllCapitals(found: string): boolean {
  const letters = found.replace(/['ʼ]/g, '')
  return letters.length > 1 && letters === letters.toUpperCase()
}
