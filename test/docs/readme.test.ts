import { describe, expect, it } from '@jest/globals'
import { deprecatedSettings, settings } from '../../src/config.ts'
import { dialects } from '../../src/dialects/index.ts'
import { presets } from '../../src/dialects/get.ts'
import { openApiDocument } from '../../src/http/openapi/openapi.ts'
import { demoSubscribers } from '../../src/services/demo.ts'
import { documents, quoted, read, rows, section } from './documents.ts'

const readme = read('README.md')
const code = (text: string) => (text === '' ? '' : `\`${text}\``)

describe('the README', () => {
  it('lists every setting with its default and what it is for, and no other', () => {
    const listed = rows(section(readme, 'Settings'))
    expect(listed).toEqual(settings.map(({ name, byDefault, about }) => [code(name), code(byDefault), about]))
  })

  it('lists every route of the OpenAPI document, and no other', () => {
    const listed = rows(section(readme, 'HTTP')).map(([route = '']) => route)
    const served = Object.entries(openApiDocument(dialects).paths ?? {}).flatMap(([path, item]) =>
      ['get', 'put', 'post', 'delete', 'patch']
        .filter((method) => method in item)
        // A dialect's own addresses and methods stand in docs/dialects.md.
        .map((method) =>
          code(path.startsWith('/ussd/') ? 'POST /ussd/{dialect}' : `${method.toUpperCase()} ${path}`),
        ),
    )
    expect(listed.toSorted()).toEqual([...new Set(served)].toSorted())
    const [, named = ''] = rows(section(readme, 'HTTP')).find(([route]) => route?.includes('{dialect}')) ?? []
    for (const name of Object.keys(dialects)) expect(named).toContain(code(name))
  })

  it('lists the demo subscribers as they are registered', () => {
    const listed = rows(section(readme, 'Demo subscribers')).map((row) => row.slice(0, 4))
    const registered = Object.entries(demoSubscribers).map(([msisdn, { language, access, puk1 }]) => [
      code(msisdn),
      language ?? 'ru',
      (access ?? 'open').replaceAll('-', ' '),
      code(puk1 ?? ''),
    ])
    expect(listed).toEqual(registered)
  })
})

describe('the documents', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }

  it.each(documents)('%s names no npm script that is not there', (path) => {
    const named = [...read(path).matchAll(/\bnpm (?:run (?:-s )?([\w:-]+)|(start|test)\b)/g)].map(
      ([, script, word]) => script ?? word ?? '',
    )
    expect(named.filter((script) => !(script in scripts))).toEqual([])
  })

  it('know the settings they speak of', () => {
    const notOurs = ['REDIS_PASSWORD', 'TEST_REDIS_URL', presets.safaricom.names.session]
    const known = new Set([
      ...settings.map(({ name }) => name),
      ...Object.keys(deprecatedSettings),
      ...notOurs,
    ])
    const notSettings = /^(USSD_\w+|READONLY|OOM|WRONGTYPE|ECONNREFUSED|[A-Z0-9]+)$/
    const spoken = documents
      .flatMap((path) => quoted(read(path)))
      .flatMap((text) => /^([A-Z][A-Z0-9_]{3,})(?:=.*)?$/.exec(text)?.[1] ?? [])
    expect(spoken.filter((name) => !known.has(name) && !notSettings.test(name))).toEqual([])
  })
})
