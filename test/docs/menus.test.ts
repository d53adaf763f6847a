import { describe, expect, it } from '@jest/globals'
import { menus } from '../../menus/index.ts'
import { check } from '../../src/menu-analysis/check.ts'
import { compileMenu } from '../../src/engine/menu.ts'
import type { Menu } from '../../src/engine/menu.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { startGateway } from '../support/running.ts'
import * as contacts from './contacts-menu.ts'
import { blocks, read } from './documents.ts'

const tested = read('test/docs/contacts-menu.ts').replaceAll("'../../src/", "'../src/").trimEnd()

describe('the menu the documents show', () => {
  it.each(['README.md', 'docs/menus.md'])('is the one that is compiled and tested here: %s', (path) => {
    const shown = blocks(read(path), 'ts').filter((block) => block.startsWith('// menus/contacts.ts\n'))
    expect(shown).toEqual([`// menus/contacts.ts\n${tested}`])
  })

  it('takes twelve lines', () => {
    expect(tested.split('\n').filter((line) => line !== '')).toHaveLength(12)
  })

  it('is sound', () => {
    expect(check(compileMenu('*141*5#', contacts), systemMessages.notUnderstood)).toEqual([])
  })

  it('rings', async () => {
    const gateway = await startGateway({}, { menus: { '*141*5#': contacts } })
    const dialled = await gateway.call({ serviceCode: '*141*5#' })
    const answered = await gateway.call({ serviceCode: '*141*5#', text: '1' })
    await gateway.close('immediate')
    expect([dialled.body, answered.body]).toEqual(['CON Контакты\n1 Телефон', 'END Контакт-центр: 150'])
  })
})

describe('docs/menus.md', () => {
  it.each(Object.entries(menus))('has rules that %s keeps', (code, menu: Menu) => {
    expect(check(compileMenu(code, menu), systemMessages.notUnderstood)).toEqual([])
  })

  const excerpts = blocks(read('docs/menus.md'), 'ts')
    .map((block) => /^\/\/ (\S+)\n([^]*)$/.exec(block) ?? [])
    .filter(([, path]) => path !== 'menus/contacts.ts')

  it.each(excerpts.map(([, path, code]) => ({ path: path ?? '', code: code ?? '' })))(
    'quotes $path as it is',
    ({ path, code }) => {
      expect(withoutIndent(read(path))).toContain(withoutIndent(code))
    },
  )
})

const withoutIndent = (code: string): string => code.replaceAll(/^ +/gm, '')
