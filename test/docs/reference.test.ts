import { PassThrough } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { asUssdError, errorMessages } from '../../src/engine/errors.ts'
import { createLog } from '../../src/log.ts'
import { startGateway } from '../support/running.ts'
import { quoted, read, rows, section } from './documents.ts'

describe('docs/errors.md', () => {
  it('lists exactly the codes there are, with their statuses and what they say', () => {
    const listed = rows(read('docs/errors.md')).map(([code, status, says]) => [code, status, says])
    const known = Object.entries(errorMessages).map(([code, { status, says }]) => [
      `\`${code}\``,
      String(status),
      says,
    ])
    expect(listed).toEqual(known)
  })
})

describe('docs/operations.md', () => {
  const watched = section(read('docs/operations.md'), 'What is watched')
  const inRedis = section(read('docs/operations.md'), 'What lies in Redis')

  it('knows every field that is logged', async () => {
    const gateway = await startGateway()
    await gateway.call({})
    await gateway.call({ text: '80291' })
    await gateway.store.close()
    await gateway.call({ sessionId: 'ATUid_2' })
    await gateway.close('immediate')
    const unexpected: string[] = []
    const stream = new PassThrough().on('data', (line: Buffer) => void unexpected.push(String(line)))
    createLog({ level: 'info', stream }).fault('failed', asUssdError(new RangeError('by accident')))
    const lines = [...gateway.log().trim().split('\n'), ...unexpected]
    const logged = new Set(lines.flatMap((line) => Object.keys(JSON.parse(line) as object)))
    expect([...logged]).toEqual(expect.arrayContaining(['at', 'msisdn', 'turn', 'fault', 'stack', 'url']))
    const known = new Set(quoted(watched))
    expect([...logged].filter((field) => !known.has(field))).toEqual([])
  })

  it('lists exactly the metrics of ours', async () => {
    const gateway = await startGateway()
    await gateway.call({})
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    await gateway.close('immediate')
    const measured = [...metrics.matchAll(/^# TYPE (ussd_\w+)/gm)].map(([, name]) => `\`${name}\``)
    const listed = rows(watched).map(([name = '']) => name)
    expect(listed.filter((name) => name.startsWith('`ussd_')).toSorted()).toEqual(measured.toSorted())
  })

  it('knows every outcome of a turn, and every change of the journal', () => {
    const outcomes = wordsOfUnion('src/gateway/turn-handler.ts', 'Outcome')
    const changes = wordsOfUnion('src/gateway/records/subscriber.ts', 'Change')
    expect(quoted(watched)).toEqual(expect.arrayContaining(outcomes))
    expect(quoted(inRedis)).toEqual(expect.arrayContaining(changes))
  })
})

/** A type has no words when the tests run: they are read where they are written. */
function wordsOfUnion(path: string, name: string): string[] {
  const [, union = ''] =
    new RegExp(`^export type ${name} =\\n((?:  \\| '[a-z0-9-]+'\\n)+)`, 'm').exec(read(path)) ?? []
  const words = [...union.matchAll(/'([a-z0-9-]+)'/g)].map(([, word]) => word ?? '')
  if (words.length === 0) throw new Error(`${path} has no union ${name}`)
  return words
}
