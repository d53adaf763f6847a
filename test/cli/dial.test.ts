import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { command } from '../../src/cli/dial.ts'
import { shop, startForeignApplication } from '../simulator/foreign-application.ts'
import type { Answering } from '../simulator/foreign-application.ts'
import { executeCommand, startCommand } from '../support/command.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

async function application(answering: Answering) {
  const started = await startForeignApplication(answering)
  closing.push(() => started.close())
  return started
}

/** Serves requests on a free port until the test ends. */
async function listen(handle: RequestListener): Promise<number> {
  const server = createServer(handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return (server.address() as AddressInfo).port
}

const start = (args: readonly string[], env = {}) => startCommand('dial', args, { env })
const dial = (args: readonly string[], typed = '', env = {}) => executeCommand(command, args, { typed, env })

describe('ussd dial', () => {
  it('starts a gateway in the process when none runs, and prints a transcript without the secret', async () => {
    const { code, out, err } = await dial(['--lang', 'en'], '*141*0#\n80291\n80291\n')
    expect(err).toMatch(/^No gateway runs at .*\. Started one in this process; its data is lost on exit\.\n$/)
    expect(out).toMatch(/^☎ \*141\*0#\n(\| [^А-я]+\n)+>\n(\| [^А-я]+\n)+>\n(\| [^А-я]+\n)+$/)
    expect(out).not.toContain('80291')
    expect(code).toBe(0)
  })

  it('reports a longer string as the aggregator of the service code does', async () => {
    const { url, received } = await application(shop)
    const asked = ['--url', url, '--service-code', '*384*123#']
    expect((await dial(['*384*123*7#', ...asked])).code).toBe(0)
    expect(received.map(({ fields }) => [fields['serviceCode'], fields['text']])).toEqual([
      ['*384*123#', '7'],
    ])
    const elsewhere = await dial(['*384*1234#', ...asked])
    expect(`${elsewhere.out}${elsewhere.err}`).toContain('it does not start with *384*123#')
    expect(received).toHaveLength(1)
    expect(elsewhere.code).not.toBe(0)
  })

  it('hangs up at the end of its input', async () => {
    const { url, received } = await application(shop)
    const { code, out, err } = await dial(
      ['*141*3*80291#', '--url', url, '--msisdn', '8 029 123-45-68'],
      '1\n',
    )
    expect({ code, out, err }).toEqual({
      code: 0,
      out: '☎ *141*…#\n| Вопрос 1\n| 1 да\n>\n| Вопрос 2\n| 1 да\nhung up: the input ended while the screen waits\n',
      err: '',
    })
    expect(received.map(({ fields }) => [fields['phoneNumber'], fields['text']])).toEqual([
      ['+375291234568', ''],
      ['+375291234568', '1'],
    ])
  })

  it('dials one code after another from a pipe, and skips blank lines', async () => {
    const { url, received } = await application(shop)
    const { code, out } = await dial(['--url', url], '\n*100#\r\n1\r\n2\r\n\n\n*#06#\n*141#', {
      CALLBACK_TOKEN: 'sesame',
    })
    expect(out.replaceAll(/\| .*\n/g, '')).toBe(
      '☎ *100#\n>\n>\n☎ …\n☎ *141#\nhung up: the input ended while the screen waits\n',
    )
    expect(received.map(({ headers }) => headers.authorization)).toEqual(Array(4).fill('Bearer sesame'))
    expect(code).toBe(0)
  })

  it('simulates a carrier, injects faults and notifies the application of the end', async () => {
    const { url, received } = await application(({ url: address, ...callback }, response) =>
      address === '/events' ? '' : shop({ url: address, ...callback }, response),
    )
    const asked = ['--url', url, '--events-url', `${new URL(url).origin}/events`, '--profile', 'safaricom']
    const faults = ['--faults', 'duplicate=1:late,delay=1:1ms', '--seed', '7']
    const { code, out } = await dial([...asked, ...faults], `*141#\n${'1'.repeat(81)}\n`)
    expect(out).toBe(
      '☎ *141#\n~ delay, duplicate\n| Вопрос 1\n| 1 да\n>\n✗ This is too long: the network takes at most 80 characters.\nhung up: the input ended while the screen waits\n',
    )
    expect(code).toBe(1)
    expect(received.map(({ fields }) => fields['text'] ?? fields['status'])).toEqual(['', '', 'Incomplete'])
  })

  it('exits with 1 and the reason when the application fails', async () => {
    const { url } = await application((_received, response) => void response.writeHead(500).end())
    const { code, out } = await dial(['*141#', '--url', url], '80291\n')
    expect(out).toMatch(
      /^☎ \*141#\n\| Connection problem or invalid MMI code\.\n✗ The application answered with status 500\.\n☎ …\n\| .*call.*\n$/,
    )
    expect(code).toBe(1)
  })

  it('exits with 1 when a line of its input cannot be sent', async () => {
    const { url } = await application(shop)
    const { code, out } = await dial(['--url', url], '*14О#\n')
    expect([code, out]).toEqual([
      1,
      '☎ …\n✗ A USSD code has digits, *, # and Latin letters: this one has other characters.\n',
    ])
  })

  it('exits with 2 on wrong usage, and does not repeat what was dialled', async () => {
    const asked: [string[], RegExp][] = [
      [['*14О80291#'], /^dial: A USSD code has digits/],
      [['--msisdn', '+79161234567'], /^dial: --msisdn must be a mobile number of Belarus\n$/],
      [['--network', 'a b'], /^dial: The network is a code such as 63902/],
      [['--dialect', 'toString'], /^dial: --dialect must be one of: .*africastalking/],
      [['--url', 'localhost:8141'], /^dial: --url must be an address such as http/],
      [['--url', 'http://me:80291@127.0.0.1/'], /^dial: --url must not hold a password/],
      [['--service-code', 'shop'], /^dial: The service code is a code such as/],
      [['--profile', 'vodafone'], /^dial: Unknown profile. Choose one of: default,/],
      [['--faults', 'drop'], /^dial: A fault needs a rate/],
      [['--seed', 'x'], /^dial: The seed is a whole number/],
      [['--events-url', 'x'], /^dial: --events-url must be an address/],
      [['--nonsense'], /^error: unknown option/],
    ]
    const ended = await Promise.all(asked.map(([args]) => dial(args)))
    ended.forEach(({ code, out, err }, at) => {
      expect(err).toMatch(asked[at]?.[1] ?? /$^/)
      expect([code, out]).toEqual([2, ''])
      expect(err).not.toContain('80291')
    })
  })

  it('reports a missing token, an address nothing listens at and an invalid setting', async () => {
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
      err: 'dial: --lang changes a record of the running gateway. Set ADMIN_TOKEN.\n',
    })
    expect(await dial(['*141#', '--url', `${url}/?token=80291`])).toEqual({
      code: 1,
      out: '',
      err: `dial: nothing listens at ${url}\n`,
    })
    expect(await dial([], '', { PORT: 'x' })).toMatchObject({
      code: 2,
      err: expect.stringMatching(/PORT must be a whole/),
    })
  })

  it('uses the gateway that runs, and changes the language there', async () => {
    const asked: string[] = []
    const port = await listen((request, response) => {
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
    })
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
      'GET /subscribers/+375291234567 Bearer admin ',
      'PUT /subscribers/+375291234567 Bearer admin {"language":"be"}',
      'POST /ussd/africastalking Bearer callback ',
      'POST /ussd/africastalking/events Bearer callback ',
      'POST /ussd/africastalking Bearer callback ',
      'POST /ussd/africastalking/events Bearer callback ',
    ])
  })

  it('does not register an unknown number to change its language', async () => {
    const methods: (string | undefined)[] = []
    const port = await listen((request, response) => {
      methods.push(request.method)
      response.writeHead(request.url === '/healthz' ? 200 : 404).end()
    })
    const ran = await dial(['*141#', '--lang', 'en'], '', { PORT: String(port), ADMIN_TOKEN: 'admin' })
    expect(ran).toMatchObject({
      code: 1,
      err: expect.stringMatching(/\+375291234567 is not registered at http/),
    })
    expect(methods).toEqual(['GET', 'GET'])
  })

  it('refuses a recording it cannot write, or that exists, before it dials', async () => {
    const { url, received } = await application(shop)
    const folder = await mkdtemp(join(tmpdir(), 'ussd-'))
    closing.push(() => rm(folder, { recursive: true }))
    const file = join(folder, 'script.yaml')
    await writeFile(file, 'kept')
    expect(await dial(['*141#', '--url', url, '--record', file])).toMatchObject({
      code: 2,
      err: `dial: ${file} exists. Choose another file, or add --overwrite.\n`,
    })
    expect(await dial(['*141#', '--url', url, '--record', join(folder, 'none', 'x.yaml')])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^dial: cannot write .*: ENOENT\n$/),
    })
    expect(received).toEqual([])
    expect(await readFile(file, 'utf8')).toBe('kept')
    await dial(['*141#', '--url', url, '--record', file, '--overwrite'], '1\n')
    expect(await readFile(file, 'utf8')).toContain('dials:')
  })

  it('prints its usage', async () => {
    const { code, out } = await dial(['--help'], '', { PORT: 'x' })
    expect(out).toContain("ussd dial '*141*3*6#' --msisdn '+375291234568' --lang be")
    expect(code).toBe(0)
  })

  it('exits with 0 when its reader closes the pipe', async () => {
    const { url } = await application(() => 'END ok')
    const child = start(['*141#', '--url', url])
    child.stdin.on('error', () => undefined)
    await once(child.stdout, 'data')
    child.stdout.destroy()
    child.stdin.end('*141#\n'.repeat(1000))
    expect(await once(child, 'close')).toEqual([0, null])
  })
})
