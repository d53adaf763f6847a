import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from '@jest/globals'
import { africastalking } from '../../src/dialects/africastalking.ts'
import { createHandsets } from '../../src/simulator/handset.ts'
import { useInTerminal } from '../../src/simulator/terminal.ts'
import { shop, startForeignApplication } from './foreign-application.ts'
import type { Answering, ForeignApplication } from './foreign-application.ts'

const running: ForeignApplication[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((application) => application.close()))
})

/** Opens a phone in a terminal of 20 columns without colours. `sees` resolves when the text appears after the last match. */
async function open(answering: Answering, options: { code?: string } = {}) {
  const application = await startForeignApplication(answering)
  running.push(application)
  const [input, output] = [new PassThrough(), new PassThrough()]
  let written = ''
  let read = 0
  let wake = () => {}
  output.on('data', (chunk: Buffer) => {
    written += chunk.toString()
    wake()
  })
  const left = useInTerminal({
    handsets: createHandsets({ dialect: africastalking, callbackUrl: application.url }),
    msisdn: '+375291234567',
    code: options.code,
    codes: [],
    input,
    output,
    terminal: { columns: () => 20, hasColours: false },
  })
  const sees = async (text: string) => {
    while (!written.includes(text, read)) await new Promise<void>((resolve) => (wake = resolve))
    read = written.indexOf(text, read) + text.length
  }
  return { application, input, left, sees }
}

describe('a phone in a terminal', () => {
  it('prompts for a code, then for replies, then for a code; an empty line quits', async () => {
    const { application, input, left, sees } = await open(shop)
    await sees('☎ ')
    input.write('*141#\r')
    await sees('│ Вопрос 1         │')
    await sees('> ')
    input.write('1\r')
    await sees('Вопрос 2')
    await sees('> ')
    input.write('2\r')
    await sees('Ответов: 2')
    await sees('☎ ')
    input.write('\r')
    expect(await left).toEqual({ failed: false })
    expect(application.received.map(({ fields }) => fields['text'])).toEqual(['', '1', '1*2'])
  })

  it('hangs up on Ctrl-C, and discards the partly typed reply', async () => {
    const { application, input, left, sees } = await open(shop, { code: '*141#' })
    await sees('> ')
    input.write('80291\u0003')
    await sees('hung up')
    await sees('☎ ')
    input.write('*100#\r')
    await sees('Вопрос 1')
    await sees('> ')
    // Ctrl-D
    input.write('\u0004')
    await sees('hung up')
    expect(await left).toEqual({ failed: false })
    expect(application.received.map(({ fields }) => fields['serviceCode'])).toEqual(['*141#', '*100#'])
  })

  it('hangs up on Ctrl-C while an answer is pending, and quits on Ctrl-C without a dialogue', async () => {
    let called = () => {}
    const arrived = new Promise<void>((resolve) => (called = resolve))
    const { input, left, sees } = await open(() => called())
    await sees('☎ ')
    input.write('*141#\r')
    await arrived
    input.write('\u0003')
    await sees('hung up')
    await sees('☎ ')
    input.write('\u0003')
    expect(await left).toEqual({ failed: false })
  })

  it('reports a failed dialogue as a failure, but not a rejected input', async () => {
    let answer = 'CON ok'
    const { input, left, sees } = await open(() => answer, { code: '*141#' })
    await sees('> ')
    input.write(`${'1'.repeat(183)}\r`)
    await sees('✗ This is too long')
    await sees('> ')
    answer = 'oops'
    input.write('1\r')
    await sees('✗ The answer must begin with CON or END.')
    await sees('☎ ')
    input.end()
    expect(await left).toEqual({ failed: true })
  })
})
