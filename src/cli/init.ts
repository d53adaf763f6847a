import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getExampleNumber, isSupportedCountry } from 'libphonenumber-js/mobile'
import type { CountryCode } from 'libphonenumber-js/mobile'
import examples from 'libphonenumber-js/mobile/examples'
import { isTag } from '../project-problems.ts'
import { defineCommand } from './command.ts'
import type { CommandIo, ExitCode } from './command.ts'
import { CommandError } from './command-error.ts'
import { CODE, filesOf } from './init/files.ts'

interface InitOptions {
  readonly languages: string
  readonly country: string
}

function main(
  { languages, country }: InitOptions,
  [folder = '.']: readonly string[],
  { stdout }: CommandIo,
): ExitCode {
  const path = resolve(folder)
  if (existsSync(path) && readdirSync(path).length > 0) {
    throw new CommandError(`${folder} is not empty. Name a new folder: ussd init shop`, 2)
  }
  const files = filesOf({
    name: nameOf(path),
    languages: languagesOf(languages),
    country: countryOf(country),
    msisdn: exampleOf(countryOf(country)),
    dependency: dependencyFrom(path),
  })
  for (const [name, text] of files) {
    const file = join(path, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    stdout.write(`wrote ${join(folder, name)}\n`)
  }
  const enter = folder === '.' ? '' : `cd ${folder} && `
  stdout.write(`\nNext:\n  ${enter}npm install\n  npx ussd serve --watch\n  npx ussd dial '${CODE}'\n`)
  return 0
}

/** A name that npm accepts. */
const nameOf = (path: string): string =>
  basename(path)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '') || 'ussd-project'

function languagesOf(list: string): readonly [string, ...string[]] {
  const languages = [...new Set(list.split(',').map((tag) => tag.trim()))]
  for (const tag of languages) {
    if (!isTag(tag))
      throw new CommandError(`--languages: '${tag}' is not a BCP 47 tag, such as en or pt-BR`, 2)
  }
  return languages as [string, ...string[]]
}

function countryOf(country: string): CountryCode {
  const code = country.toUpperCase()
  if (isSupportedCountry(code)) return code
  throw new CommandError(`--country: '${country}' is not a country code of two letters, such as KE`, 2)
}

const exampleOf = (country: CountryCode): string => {
  const number = getExampleNumber(country, examples)
  if (!number) throw new CommandError(`--country: no mobile number of ${country} is known`, 2)
  return number.number
}

/** The name is not published, so the project depends on the package that this command runs from. */
function dependencyFrom(path: string): string {
  const root = fileURLToPath(new URL('../../../', import.meta.url))
  const target = relative(path, root).split(sep).join('/')
  return `file:${target.replace(/\/$/, '')}`
}

export const command = defineCommand<InitOptions>({
  name: 'init',
  summary: 'Create a small project: a menu, a test script and the settings of an editor.',
  usage: '[folder]',
  configure: (command) =>
    command
      .argument('[folder]', 'an empty or new folder')
      .option('--languages <tags>', 'languages of the screens, the first one by default', 'en')
      .option('--country <code>', 'the country of the numbers', 'KE'),
  details: `Example:
  ussd init shop --languages en,sw --country KE`,
  exitCodes: { 0: 'created', 1: 'a file cannot be written', 2: 'wrong usage, or the folder is not empty' },
  run: main,
})
