import { record } from '../../menus/record.ts'
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
    const changes = [
      'subscriber-created',
      'subscriber-changed',
      'subscriber-removed',
      'access-opened',
      'access-closed',
      ...Object.entries(record.secrets).flatMap(([name, form]) =>
        // PUK1 is set by the operator only.
        'attempts' in form ? [`${name}-refused`, `${name}-locked`] : [`${name}-set`],
      ),
    ]
    expect(quoted(section(guide, 'Journal'))).toEqual(expect.arrayContaining(changes))
  })
})
