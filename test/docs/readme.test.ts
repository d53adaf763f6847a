import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from '@jest/globals'
import { settings } from '../../src/config.ts'
import { variants } from '../../src/dialects/get.ts'
import { demoSubscribers } from '../../menus/demo.ts'
import { blocks, examples, quoted, read, root, rows, section, written } from './documents.ts'
import { USSD } from '../support/build.ts'

const readme = read('README.md')
/** The options of an npm script: from the generated help of a `ussd` command, or from the source of another file. */
function optionsOf(script: string): string[] {
  const [, file = '', name = ''] = /(\S+\.ts)(?: (\S+))?$/.exec(script) ?? []
  const text = name === '' ? read(file) : section(read('docs/reference/cli.md'), name)
  return ['--help', ...(text.match(/--[a-z][a-z-]+/g) ?? [])]
}

const code = (value: string) => (value === '' ? '' : `\`${value}\``)

describe('the README', () => {
  it('starts with one command', () => {
    expect(blocks(readme, 'sh')[0]).toBe('npm ci && npm start')
  })

  it('has at most 120 lines', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(120)
  })

  it('shows both menus in English', () => {
    const typed = examples(readme).map(({ command }) => command)
    expect(typed.filter((command) => command.includes("'*141*0#'"))).not.toEqual([])
    expect(typed.filter((command) => command.includes("'*141*3*6#'"))).not.toEqual([])
    expect(examples(readme).filter(({ output }) => /[А-Яа-я]/.test(output))).toEqual([])
  })
})

describe('docs/guides/test-your-application.md', () => {
  const guide = read('docs/guides/test-your-application.md')

  it('lists the demo subscribers', () => {
    const listed = rows(section(guide, 'Demo subscribers')).map((row) => row.slice(0, 4))
    const registered = Object.entries(demoSubscribers).map(([msisdn, { language, access, puk1 }]) => [
      code(msisdn),
      language ?? 'ru',
      (access ?? 'open').replaceAll('-', ' '),
      code(puk1 ?? ''),
    ])
    expect(listed).toEqual(registered)
  })

  it('shows the output of the codec', async () => {
    const piped = /^echo '([^']*)' \| npm run -s codec$/
    const shown = examples(guide).filter(({ command }) => piped.test(command))
    expect(shown.length).toBeGreaterThan(0)
    const codec = spawn(process.execPath, [USSD, 'codec'], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    codec.stdin.end(shown.map(({ command }) => `${piped.exec(command)?.[1]}\n`).join(''))
    expect(await text(codec.stdout)).toBe(shown.map(({ output }) => `${output}\n`).join(''))
  })
})

describe('documents', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }

  it.each(written)('%s names npm scripts that exist', (path) => {
    const named = [...read(path).matchAll(/\bnpm (?:run (?:-s )?([\w:-]+)|(start|test)\b)/g)].map(
      ([, script, word]) => script ?? word ?? '',
    )
    expect(named.filter((script) => !(script in scripts))).toEqual([])
  })

  it.each(written)('%s uses options that their command has', (path) => {
    const used = [...read(path).matchAll(/\bnpm run (?:-s )?([\w:-]+) -- ([^\n`|]*)/g)].flatMap(
      ([, script = '', rest = '']) =>
        [...rest.replace(/\s#.*/, '').matchAll(/(?<=^|\s)--[a-z][a-z-]+/g)].map(([option]) => ({
          script,
          option,
        })),
    )
    const unknown = used.filter(({ script, option }) => !optionsOf(scripts[script] ?? '').includes(option))
    expect(unknown).toEqual([])
  })

  it('name settings that exist', () => {
    const renamed = ['MAX_TURNS_IN_FLIGHT', 'GET_VARIANT']
    const foreign = [...renamed, 'REDIS_PASSWORD', 'TEST_REDIS_URL', variants.safaricom.names.session]
    const known = new Set([...settings.map(({ name }) => name), ...foreign])
    const notSettings = /^(USSD_\w+|[A-Z0-9]+)$/
    const named = written
      .filter((path) => path !== 'CHANGELOG.md')
      .flatMap((path) => quoted(read(path)))
      .flatMap((word) => /^([A-Z][A-Z0-9_]{3,})(?:=.*)?$/.exec(word)?.[1] ?? [])
    expect(named.filter((name) => !known.has(name) && !notSettings.test(name))).toEqual([])
  })
})
