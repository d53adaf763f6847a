import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { shop, startForeignApplication } from '../simulator/foreign-application.ts'
import type { Answering } from '../simulator/foreign-application.ts'
import { runCommand, startCommand } from '../support/command.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

async function application(answering: Answering) {
  const started = await startForeignApplication(answering)
  closing.push(() => started.close())
  return started
}

const start = (args: readonly string[], env = {}) => startCommand('src/cli/dial', args, { env })
const dial = (args: readonly string[], typed = '', env = {}) =>
  runCommand('src/cli/dial', args, { typed, env })

describe('npm run dial', () => {
  it('sets a password with no gateway running, and writes a transcript without it', async () => {
    const { code, out, err } = await dial(['--lang', 'en'], '*141*0#\n80291\n80291\n')
    expect(err).toMatch(
      /^No gateway runs at .*: this one is in the process, and forgets everything at its end\.\n$/,
    )
    expect(out).toMatch(/^☎ \*141\*0#\n(\| [^А-я]+\n)+>\n(\| [^А-я]+\n)+>\n(\| [^А-я]+\n)+$/)
    expect(out).not.toContain('80291')
    expect(code).toBe(0)
  })

  it('hangs up when the input ends, and says so', async () => {
    const { url, received } = await application(shop)
    const { code, out, err } = await dial(
      ['*141*3*80291#', '--url', url, '--msisdn', '8 029 123-45-68'],
      '1\n',
    )
    expect({ code, out, err }).toEqual({
      code: 0,
      out: '☎ *141*…#\n| Вопрос 1\n| 1 да\n>\n| Вопрос 2\n| 1 да\nhung up: the input ended and the screen waits\n',
      err: '',
    })
    expect(received.map(({ fields }) => [fields['phoneNumber'], fields['text']])).toEqual([
      ['+375291234568', ''],
      ['+375291234568', '1'],
    ])
  })

  it('dials one code after another in a pipe, and passes over blank lines', async () => {
    const { url, received } = await application(shop)
    const { code, out } = await dial(['--url', url], '\n*100#\r\n1\r\n2\r\n\n\n*#06#\n*141#', {
      CALLBACK_TOKEN: 'sesame',
    })
    expect(out.replaceAll(/\| .*\n/g, '')).toBe(
      '☎ *100#\n>\n>\n☎ …\n☎ *141#\nhung up: the input ended and the screen waits\n',
    )
    expect(received.map(({ headers }) => headers.authorization)).toEqual(Array(4).fill('Bearer sesame'))
    expect(code).toBe(0)
  })

  it('plays a carrier, does what is asked wrong, and tells how a dialogue ended', async () => {
    const { url, received } = await application(({ url: address, ...callback }, response) =>
      address === '/events' ? '' : shop({ url: address, ...callback }, response),
    )
    const asked = ['--url', url, '--events-url', `${new URL(url).origin}/events`, '--profile', 'safaricom']
    const faults = ['--faults', 'duplicate=1:late,delay=1:1ms', '--seed', '7']
    const { code, out } = await dial([...asked, ...faults], `*141#\n${'1'.repeat(81)}\n`)
    expect(out).toBe(
      '☎ *141#\n~ delay, duplicate\n| Вопрос 1\n| 1 да\n>\n✗ This is too long: the network takes at most 80 characters.\nhung up: the input ended and the screen waits\n',
    )
    expect(code).toBe(1)
    expect(received.map(({ fields }) => fields['text'] ?? fields['status'])).toEqual(['', '', 'Incomplete'])
  })

  it('is 1 when the application failed, and says how', async () => {
    const { url } = await application((_received, response) => void response.writeHead(500).end())
    const { code, out } = await dial(['*141#', '--url', url], '80291\n')
    expect(out).toMatch(
      /^☎ \*141#\n\| Connection problem or invalid MMI code\.\n✗ The application answered with status 500\.\n☎ …\n\| .*call.*\n$/,
    )
    expect(code).toBe(1)
  })

  it('is 1 when a line of the pipe could not be sent', async () => {
    const { url } = await application(shop)
    const { code, out } = await dial(['--url', url], '*14О#\n')
    expect([code, out]).toEqual([
      1,
      '☎ …\n✗ A USSD code has digits, *, # and Latin letters: this one has other characters.\n',
    ])
  })

  it('is 2 when called wrongly, with a sentence that repeats nothing dialled', async () => {
    const asked: [string[], RegExp][] = [
      [['*14О80291#'], /^dial: A USSD code has digits/],
      [['--msisdn', '+79161234567'], /^dial: --msisdn is not a mobile number of Belarus\n$/],
      [['--dialect', 'toString'], /^dial: there is no such dialect; there are: .*africastalking/],
      [['--url', 'localhost:8141'], /^dial: --url is not an address such as http/],
      [['--url', 'http://me:80291@127.0.0.1/'], /^dial: --url has a password in it/],
      [['--profile', 'vodafone'], /^dial: There is no such profile; there are: default,/],
      [['--faults', 'drop'], /^dial: A fault is written with its rate/],
      [['--seed', 'x'], /^dial: The seed is a whole number/],
      [['--events-url', 'x'], /^dial: --events-url is not an address/],
      [['--nonsense'], /^error: unknown option/],
    ]
    const ended = await Promise.all(asked.map(([args]) => dial(args)))
    ended.forEach(({ code, out, err }, at) => {
      expect(err).toMatch(asked[at]?.[1] ?? /$^/)
      expect([code, out]).toEqual([2, ''])
      expect(err).not.toContain('80291')
    })
  })

  it('says what it needs of the environment, and where nothing answers', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}`
    const withoutToken = await dial(['*141#', '--url', url, '--lang', 'be'])
    server.close()
    await once(server, 'close')
    expect(withoutToken).toEqual({
      code: 1,
      out: '',
      err: 'dial: --lang changes the subscriber of a running gateway: set ADMIN_TOKEN to its token\n',
    })
    expect(await dial(['*141#', '--url', `${url}/?token=80291`])).toEqual({
      code: 1,
      out: '',
      err: `dial: nothing answers at ${url}\n`,
    })
    expect(await dial([], '', { PORT: 'x' })).toMatchObject({
      code: 2,
      err: expect.stringMatching(/PORT is a whole/),
    })
  })

  it('finds the gateway that runs, and sets the language there', async () => {
    const asked: string[] = []
    const gateway = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString()
        const isCallback = request.url?.startsWith('/ussd/')
        asked.push(
          [request.method, request.url, request.headers.authorization, isCallback ? '' : body].join(' '),
        )
        response.end(isCallback ? 'END ok' : '{}')
      })
    }).listen(0, '127.0.0.1')
    await once(gateway, 'listening')
    closing.push(async () => {
      gateway.closeAllConnections()
      gateway.close()
      await once(gateway, 'close')
    })
    const { port } = gateway.address() as AddressInfo
    const env = { PORT: String(port), ADMIN_TOKEN: 'admin', CALLBACK_TOKEN: 'callback' }
    expect(await dial(['*141#', '--lang', 'be'], '', env)).toEqual({
      code: 0,
      out: '☎ *141#\n| ok\n',
      err: '',
    })
    expect(
      await dial(['*141#', '--url', `http://127.0.0.1:${port}`], '', { CALLBACK_TOKEN: 'callback' }),
    ).toMatchObject({
      code: 0,
      out: '☎ *141#\n| ok\n',
    })
    expect(asked).toEqual([
      'GET /healthz  ',
      'PUT /subscribers/+375291234567 Bearer admin {"language":"be"}',
      'POST /ussd/africastalking Bearer callback ',
      'POST /ussd/africastalking/events Bearer callback ',
      'POST /ussd/africastalking Bearer callback ',
      'POST /ussd/africastalking/events Bearer callback ',
    ])
  })

  it('shows how it is used', async () => {
    const { code, out } = await dial(['--help'], '', { PORT: 'x' })
    expect(out).toContain("npm run dial -- '*141*3*6#' --msisdn '+375291234568' --lang be")
    expect(code).toBe(0)
  })

  it('ends quietly when its reader leaves', async () => {
    const { url } = await application(() => 'END ok')
    const child = start(['*141#', '--url', url])
    child.stdin.on('error', () => undefined)
    await once(child.stdout, 'data')
    child.stdout.destroy()
    child.stdin.end('*141#\n'.repeat(1000))
    expect(await once(child, 'close')).toEqual([0, null])
  })
})
