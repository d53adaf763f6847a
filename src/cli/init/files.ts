/** The files of a new project, from the templates beside this file. */
import { readFileSync } from 'node:fs'
import { shippedLanguages, systemMessages } from '../../gateway/system-messages.ts'
import type { ShopTexts } from './texts.ts'
import { textsIn } from './texts.ts'

export interface NewProject {
  /** The name of the package. */
  readonly name: string
  readonly languages: readonly [string, ...string[]]
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  /** A mobile number of the country in E.164, for phones. */
  readonly msisdn: string
  /** The dependency on this package: a version, or `file:` and a path. */
  readonly dependency: string
}

/** The code of the menu. */
export const CODE = '*384#'

/** Returns the contents of the files by path. */
export function filesOf(project: NewProject): ReadonlyMap<string, string> {
  const { name, languages, country, msisdn } = project
  const [language] = languages
  const common = { package: name, code: CODE, country, msisdn, language }
  return new Map([
    ['package.json', packageJson(project)],
    ['.gitignore', 'node_modules/\n'],
    ['tsconfig.json', fill('tsconfig.json', {})],
    ['ussd.config.ts', fill('ussd.config.ts', { ...common, messages: messagesFor(languages) })],
    ['languages.ts', fill('languages.ts', { languages: languages.map(quoted).join(', ') })],
    ['menus/shop.ts', fill('shop.ts', { ...common, ...screensIn(languages) })],
    ['walkthroughs/shop.yaml', fill('shop.yaml', { ...common, ...expectedIn(language) })],
    ['test/shop.test.js', fill('shop.test.js', {})],
    ['README.md', fill('readme.md', common)],
  ])
}

function fill(template: string, values: Readonly<Record<string, string>>): string {
  const text = readFileSync(new URL(`templates/${template}.txt`, import.meta.url), 'utf8')
  return text.replace(/\{\{(\w+)\}\}/g, (_found, name: string) => values[name] ?? '')
}

const packageJson = ({ name, dependency }: NewProject): string =>
  `${JSON.stringify(
    {
      name,
      private: true,
      type: 'module',
      scripts: {
        start: 'ussd serve',
        test: 'ussd lint && ussd walk && ussd explore && node --test test/',
        check: 'tsc',
      },
      dependencies: { 'ussd-gateway': dependency },
      devDependencies: { '@types/node': '^20.19.0', typescript: '^5.9.0' },
    },
    null,
    2,
  )}\n`

/** A text as a TypeScript literal. */
const quoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`

const keyOf = (language: string): string => (/^[a-z]+$/.test(language) ? language : quoted(language))

/** The system messages of languages in which none ship, in English, for the author to translate. */
function messagesFor(languages: readonly string[]): string {
  const foreign = languages.filter((language) => !(shippedLanguages as readonly string[]).includes(language))
  if (foreign.length === 0) return ''
  const lines = Object.entries(systemMessages).map(([name, { en }]) => `      ${name}: ${quoted(en)},\n`)
  const each = foreign.map((language) => `    ${keyOf(language)}: {\n${lines.join('')}    },\n`)
  return `  // Translate these texts.\n  messages: {\n${each.join('')}  },\n`
}

/** The texts of the screens as TypeScript literals. */
function screensIn(languages: readonly string[]): Readonly<Record<string, string>> {
  const texts = (literalOf: (texts: ShopTexts) => string) =>
    `{\n${languages.map((language) => `    ${keyOf(language)}: ${literalOf(textsIn(language))},\n`).join('')}  }`
  return {
    welcome: texts(({ welcome }) => quoted(welcome)),
    hours: texts(({ hours }) => quoted(hours)),
    name: texts(({ name }) => quoted(name)),
    thanks: texts(({ thanks: [before, after] }) => `({ name }) => \`${before}\${name}${after}\``),
    goodbye: texts(({ goodbye }) => quoted(goodbye)),
  }
}

/** The texts of the screens in YAML. */
function expectedIn(language: string): Readonly<Record<string, string>> {
  const { welcome, hours, name, thanks, goodbye } = textsIn(language)
  const block = (text: string) => ['|-', ...text.split('\n')].join('\n      ')
  return {
    welcome: block(welcome),
    hours: block(hours),
    name: block(name),
    thanks: JSON.stringify(thanks.join('Amina')),
    goodbye: JSON.stringify(goodbye),
  }
}
