import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import { command } from '../../src/cli/codec.ts'
import { USSD } from '../support/build.ts'
import { executeCommand } from '../support/command.ts'

/** Runs the command on an input, and parses the lines of its output. */
async function codec(typed: string) {
  const { code, out } = await executeCommand(command, [], { typed })
  const lines = out.split('\n')
  expect(lines.pop()).toBe('')
  return { code, answers: lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}
const ask = async (...requests: unknown[]) =>
  (await codec(requests.map((request) => JSON.stringify(request)).join('\n'))).answers

describe('ussd codec', () => {
  it('answers every operation', async () => {
    const asked: [object, object][] = [
      [
        { op: 'encode7', text: 'ABCDEFG', mode: 'ussd' },
        { hex: '41e19058341e1b', septets: 7, octets: 7 },
      ],
      [
        { op: 'encode7', text: 'ABCDEFG', mode: 'sms' },
        { hex: '41e19058341e01', septets: 7, octets: 7 },
      ],
      [
        { op: 'encode7', text: 'ABCDEFG\r', mode: 'ussd' },
        { hex: '41e19058341e1b0d', septets: 8, octets: 8 },
      ],
      [
        { op: 'encode7', text: 'aж😀ж', mode: 'ussd' },
        { encodable: false, unencodable: ['ж', '😀'] },
      ],
      [{ op: 'decode7', hex: '41E19058341e1B', mode: 'ussd' }, { text: 'ABCDEFG' }],
      [{ op: 'decode7', hex: '41e19058341e01', mode: 'sms', septets: 7 }, { text: 'ABCDEFG' }],
      [{ op: 'decode7', hex: '41e19058341e01', mode: 'sms', septets: 8 }, { text: 'ABCDEFG@' }],
      [
        { op: 'encode', text: 'hellohello' },
        { dcs: 15, hex: 'e8329bfd4697d9ec37' },
      ],
      [
        { op: 'encode', text: 'ж' },
        { dcs: 72, hex: '0436' },
      ],
      [
        { op: 'decode', dcs: 72, hex: '0436' },
        { alphabet: 'ucs2', text: 'ж' },
      ],
      [
        { op: 'decode', dcs: 68, hex: '00FF' },
        { alphabet: '8bit', bytes: '00ff' },
      ],
      [
        { op: 'decode', dcs: 17, hex: 'f23a0436' },
        { alphabet: 'ucs2', text: 'ж', language: 'ru' },
      ],
      [
        { op: 'measure', text: '€ж' },
        { alphabet: 'ucs2', dcs: 72, units: 2, octets: 4, fits: true },
      ],
      [
        { op: 'dcs', dcs: 15 },
        {
          alphabet: 'gsm7',
          reserved: false,
          messageClass: null,
          compressed: false,
          languagePrefix: false,
          userDataHeader: false,
          language: 'unspecified',
        },
      ],
      [
        { op: 'mmi', dial: '*141*0#' },
        {
          kind: 'ussd',
          ussdString: '*141*0#',
          routing: 'HPLMN',
          prefix: '*',
          serviceCode: '141',
          args: ['0'],
        },
      ],
      [{ op: 'mmi', dial: '1', inCall: true }, { kind: 'callControl' }],
      [
        { op: 'mmi', dial: '**05*12345678*1*1#' },
        { kind: 'local', serviceCode: '05' },
      ],
      [{ op: 'mmi', dial: '*1О0#' }, { kind: 'invalid' }],
      [
        { op: 'msisdn', raw: '8 (029) 123-45-67' },
        { e164: '+375291234567', rangeOperator: 'A1' },
      ],
      [
        { op: 'msisdn', raw: '+79161234567', defaultCountry: 'BY' },
        { reject: true, why: 'foreign' },
      ],
      [{ op: 'msisdn', raw: '0712 345 678', defaultCountry: 'KE' }, { e164: '+254712345678' }],
      [{ op: 'transliterate', text: 'Ўладзь', language: 'be' }, { text: 'Wladz' }],
      [
        { op: 'measure', text: '', id: 7 },
        { id: 7, alphabet: 'gsm7', dcs: 15, units: 0, octets: 0, fits: true },
      ],
    ]
    expect(await ask(...asked.map(([request]) => request))).toEqual(asked.map(([, answer]) => answer))
  })

  it('answers an invalid request with a message that does not quote it', async () => {
    const secret = '80291'
    const { code, answers } = await codec(
      [
        `not json ${secret}`,
        `{"op":"mmi","dial":"*141*${secret}#"`,
        `["${secret}"]`,
        'null',
        '"text"',
        '{}',
        `{"op":"${secret}"}`,
        '{"op":"toString"}',
        '{"op":"encode7","text":"a"}',
        `{"op":"encode7","text":"a","mode":"${secret}"}`,
        '{"op":"encode7","text":80291,"mode":"ussd"}',
        `{"op":"decode7","hex":"${secret}","mode":"ussd"}`,
        `{"op":"decode7","hex":"zz${secret}","mode":"ussd"}`,
        '{"op":"decode7","hex":"41","mode":"sms"}',
        '{"op":"decode7","hex":"41","mode":"sms","septets":2}',
        '{"op":"decode7","hex":"41","mode":"sms","septets":-1}',
        '{"op":"decode","dcs":256,"hex":""}',
        '{"op":"decode","dcs":"15","hex":""}',
        '{"op":"decode","dcs":72,"hex":"043604"}',
        '{"op":"dcs","dcs":1.5}',
        '{"op":"mmi","dial":null}',
        '{"op":"mmi","dial":"1","inCall":"yes"}',
        `{"op":"msisdn","raw":"${secret}","defaultCountry":"XX"}`,
        `{"op":"transliterate","text":"${secret}","language":"en"}`,
      ].join('\n'),
    )
    expect(code).toBe(0)
    expect(answers).toHaveLength(24)
    for (const answer of answers) {
      expect(Object.keys(answer)).toEqual(['error'])
      expect(answer['error']).toMatch(/^[a-zA-Z].{10,}$/)
      expect(answer['error']).not.toContain(secret)
    }
  })

  it('accepts blank lines, CRLF, a byte order mark, U+2028 in a string and a missing last line feed', async () => {
    const line = (text: string) => `{"op":"measure","text":"${text}"}`
    const { code, answers } = await codec(
      `\ufeff${line('a')}\r\n\r\n   \n${line('b\u2028c')}\n\n${line('ж'.repeat(70_000))}\n${line('')}`,
    )
    expect(code).toBe(0)
    expect(answers.map((answer) => answer['units'])).toEqual([1, 3, 70_000, 0])
    expect((await codec('')).answers).toEqual([])
  })

  it('answers twenty thousand lines in order', async () => {
    const count = 20_000
    const requests = Array.from({ length: count }, (_, at) => `{"id":${at},"op":"encode","text":"${at}"}\n`)
    const { code, answers } = await codec(requests.join(''))
    expect(code).toBe(0)
    expect(answers.length).toBe(count)
    expect(answers.every((answer, at) => answer['id'] === at)).toBe(true)
  })

  it('answers each line as it comes', async () => {
    const child = spawn(process.execPath, [USSD, 'codec'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    for (const text of ['a', 'ab', 'abc']) {
      child.stdin.write(`{"op":"measure","text":"${text}"}\n`)
      const [answer] = (await once(child.stdout, 'data')) as [Buffer]
      expect(JSON.parse(answer.toString())).toMatchObject({ units: text.length })
    }
    child.stdin.end()
    expect(await once(child, 'close')).toEqual([0, null])
  })

  it('exits with 0 when its reader closes the pipe', async () => {
    const child = spawn(process.execPath, [USSD, 'codec'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.stdin.on('error', () => undefined)
    child.stdin.write('{"op":"measure","text":""}\n')
    await once(child.stdout, 'data')
    child.stdout.destroy()
    child.stdin.end('{"op":"measure","text":""}\n'.repeat(10_000))
    expect(await once(child, 'close')).toEqual([0, null])
  })
})
