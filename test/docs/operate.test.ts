import { PassThrough } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { asUssdError } from '../../src/engine/errors.ts'
import { createLog } from '../../src/log.ts'
import { startGateway } from '../support/running.ts'
import { quoted, read, section } from './documents.ts'

const guide = read('docs/guides/operate.md')

describe('docs/guides/operate.md', () => {
  it('lists every field of the log', async () => {
    const gateway = await startGateway()
    await gateway.call({})
    await gateway.call({ text: '80291' })
    await gateway.store.close()
    await gateway.call({ sessionId: 'ATUid_2' })
    await gateway.close('immediate')
    const unexpected: string[] = []
    const stream = new PassThrough().on('data', (line: Buffer) => void unexpected.push(String(line)))
    createLog({ level: 'info', stream }).fault('request.failed', asUssdError(new RangeError('by accident')))
    const lines = [...gateway.log().trim().split('\n'), ...unexpected]
    const logged = new Set(lines.flatMap((line) => Object.keys(JSON.parse(line) as object)))
    expect([...logged]).toEqual(expect.arrayContaining(['at', 'msisdn', 'turn', 'fault', 'stack', 'url']))
    const listed = new Set(quoted(section(guide, 'Logging')))
    expect([...logged].filter((field) => !listed.has(field))).toEqual([])
  })

  it('lists every change of the journal', () => {
    const changes = wordsOfUnion('src/gateway/records/draft.ts', 'Change')
    expect(quoted(section(guide, 'Journal'))).toEqual(expect.arrayContaining(changes))
  })
})

/** Reads the members of a union of strings from the source, because types do not exist at run time. */
function wordsOfUnion(path: string, name: string): string[] {
  const [, union = ''] =
    new RegExp(`^export type ${name} =\\n((?:  \\| '[a-z0-9-]+'\\n)+)`, 'm').exec(read(path)) ?? []
  const words = [...union.matchAll(/'([a-z0-9-]+)'/g)].map(([, word]) => word ?? '')
  if (words.length === 0) throw new Error(`Found no union ${name} in ${path}.`)
  return words
}
