/**
 * Cyrillic menus in Latin letters: a GSM 7-bit message carries 182 characters, a Cyrillic one 80. Belarusian by the
 * national instruction of 2023 (State Property Committee, resolution No. 19), Russian as operators write it.
 * All output letters are ASCII.
 */

export type TransliteratedLanguage = 'ru' | 'be'

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

// Each table has the letters of the other language too: one letter left over sends the whole page back to 80 characters.
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
 * A text in Latin letters: normalised to NFC, quotes, dashes and the like made plain, then letter by letter. A word of
 * capitals stays one (`ЩУКА` → `SHCHUKA`), a capital gives a capital (`Щука`, `Я` → `Shchuka`, `Ya`). What is neither
 * Cyrillic of the two languages nor listed typography is left as it is.
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
  // A letter of no table keeps its case.
  return tables[language][lower] ?? letter
}

/** One capital is not a word of capitals: `Я` begins a sentence. */
function isAllCapitals(found: string): boolean {
  const letters = found.replace(/['ʼ]/g, '')
  return letters.length > 1 && letters === letters.toUpperCase()
}
