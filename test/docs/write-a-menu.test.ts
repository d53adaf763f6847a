import { describe, expect, it } from '@jest/globals'
import project, { menus } from '../../menus/index.ts'
import { check } from '../../src/menu-analysis/check.ts'
import { compileMenu } from '../../src/engine/menu.ts'
import type { Menu } from '../../src/engine/menu.ts'
import { startGateway } from '../support/running.ts'
import * as contacts from './contacts-menu.ts'
import { blocks, read } from './documents.ts'

const tested = read('test/docs/contacts-menu.ts')
  .replaceAll("'../../src/", "'../src/")
  .replaceAll("'../../menus/", "'./")
  .trimEnd()

describe('the example menu', () => {
  it.each(['README.md', 'docs/guides/write-a-menu.md'])('is the same in %s and in this test', (path) => {
    const shown = blocks(read(path), 'ts').filter((block) => block.startsWith('// menus/contacts.ts\n'))
    expect(shown).toEqual([`// menus/contacts.ts\n${tested}`])
  })

  it('has at most twenty lines', () => {
    expect(tested.split('\n').length).toBeLessThanOrEqual(20)
  })

  it('has no lint problems', () => {
    expect(check(compileMenu('*141*5#', contacts), project)).toEqual([])
  })

  it('answers callbacks', async () => {
    const gateway = await startGateway({}, { menus: { '*141*5#': contacts } })
    const dialled = await gateway.call({ serviceCode: '*141*5#' })
    const answered = await gateway.call({ serviceCode: '*141*5#', text: '1' })
    await gateway.close('immediate')
    expect([dialled.body, answered.body]).toEqual(['CON Контакты\n1 Телефон', 'END Контакт-центр: 150'])
  })
})

describe('docs/guides/write-a-menu.md', () => {
  it.each(Object.entries(menus))('states rules that %s follows', (code, menu: Menu) => {
    expect(check(compileMenu(code, menu), project)).toEqual([])
  })

  const excerpts = blocks(read('docs/guides/write-a-menu.md'), 'ts')
    .map((block) => /^\/\/ (\S+)\n([^]*)$/.exec(block) ?? [])
    .filter(([, path]) => path !== undefined && path !== 'menus/contacts.ts')

  it.each(excerpts.map(([, path, code]) => ({ path: path ?? '', code: code ?? '' })))(
    'quotes $path correctly',
    ({ path, code }) => {
      expect(withoutIndent(read(path))).toContain(withoutIndent(code))
    },
  )
})

const withoutIndent = (code: string): string => code.replaceAll(/^ +/gm, '')
