/** Packs the package, installs it in an empty folder, and uses it there as a project's author does, without a network. */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { defineCommand, messageOf, print } from '../../src/cli/command.ts'
import { printVerdicts } from '../support/harness.ts'
import type { Verdict } from '../support/harness.ts'
import { npmEnvironment } from '../support/npm-environment.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const offline = fileURLToPath(new URL('./package/offline.cjs', import.meta.url))
const run = promisify(execFile)

const subcommands = ['serve', 'init', 'dial', 'walk', 'explore', 'lint', 'diagram', 'codec', 'audit-keys']
const dialects = ['africastalking', 'hubtel', 'get'] as const
/** A mobile number of each of five countries. */
const numbers = ['+254712345678', '+233241234567', '+2348012345678', '+33612345678', '+375291234567']

/** An installation of the package in a folder of its own, with a home folder of its own. */
class Installation {
  readonly folder = mkdtempSync(join(tmpdir(), 'ussd-package-'))
  readonly verdicts: Verdict[] = []
  readonly #env = npmEnvironment(join(this.folder, 'home'))

  constructor() {
    mkdirSync(join(this.folder, 'home'))
  }

  /** Runs a program, prints its transcript, and checks its output. */
  async check(
    what: string,
    command: readonly string[],
    expected: RegExp,
    of: { cwd?: string; typed?: string } = {},
  ) {
    const [program = '', ...args] = command
    const isUssd = program === 'ussd'
    const executable = isUssd ? process.execPath : program
    const all = isUssd ? ['--require', offline, this.bin, ...args] : args
    const child = run(executable, all, {
      cwd: join(this.folder, of.cwd ?? '.'),
      env: this.#env,
      maxBuffer: 1e7,
    })
    child.child.stdin?.end(of.typed ?? '')
    const { stdout, stderr } = await child.catch(
      (error: { stdout?: string; stderr?: string; message: string }) => ({
        stdout: '',
        stderr: `${error.stdout ?? ''}${error.stderr ?? error.message}`,
      }),
    )
    const holds = expected.test(stdout)
    print(`$ ${command.join(' ')}`, ...stdout.trimEnd().split('\n').slice(-4))
    this.verdicts.push({
      holds,
      message: what,
      details: holds ? [] : [stdout.slice(-500), stderr.slice(-1000)],
    })
  }

  get bin(): string {
    return join(this.folder, 'app/node_modules/ussd-gateway/dist/src/cli/bin.cjs')
  }

  /** Starts `ussd serve` in a folder, and returns its address. */
  async serve(cwd: string): Promise<{ readonly url: string; readonly child: ChildProcess }> {
    const child = spawn(process.execPath, ['--require', offline, this.bin, 'serve'], {
      cwd: join(this.folder, cwd),
      env: { ...this.#env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    for await (const line of createInterface({ input: child.stdout })) {
      const { event, url } = JSON.parse(line) as { readonly event?: string; readonly url?: string }
      if (event === 'server.listening' && url !== undefined) {
        child.stdout.resume()
        return { url, child }
      }
    }
    throw new Error('ussd serve ended before it listened')
  }
}

async function usePackage(installation: Installation): Promise<void> {
  const { folder } = installation
  await installation.check(
    'npm pack',
    ['npm', 'pack', root, '--pack-destination', folder, '--silent'],
    /\.tgz/,
  )
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? 'nothing.tgz'
  mkdirSync(join(folder, 'app'))
  const install = [
    'npm',
    'install',
    `../${tarball}`,
    '--omit=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ]
  await installation.check('npm install in an empty folder', install, /added \d+ packages/, { cwd: 'app' })
  for (const name of subcommands) {
    await installation.check(`ussd ${name} --help`, ['ussd', name, '--help'], new RegExp(`ussd ${name}`), {
      cwd: 'app',
    })
  }

  const init = ['ussd', 'init', 'shop', '--languages', 'en,sw', '--country', 'KE']
  await installation.check('ussd init', init, /npx ussd serve/, { cwd: 'app' })
  const cwd = 'app/shop'
  await installation.check(
    'npm install in the project',
    ['npm', 'install', '--no-audit', '--no-fund'],
    /added/,
    { cwd },
  )
  await installation.check('ussd lint', ['ussd', 'lint'], /no problems/, { cwd })
  await installation.check('ussd walk', ['ussd', 'walk'], /2 passed, 0 failed/, { cwd })
  await installation.check('ussd explore', ['ussd', 'explore'], /\d passed, 0 failed/, { cwd })
  await installation.check('ussd diagram', ['ussd', 'diagram'], /./, { cwd })
  await installation.check('ussd codec', ['ussd', 'codec'], /"fits":true/, {
    cwd,
    typed: '{"op":"measure","text":"Karibu"}\n',
  })
  await installation.check('the test of the project', ['npm', 'test', '--silent'], /pass 1/, { cwd })

  const config = join(folder, cwd, 'ussd.config.ts')
  const anywhere = readFileSync(config, 'utf8').replace(/numbering: .*/, "numbering: { countries: 'any' },")
  writeFileSync(config, anywhere)
  const { url, child } = await installation.serve(cwd)
  try {
    for (const dialect of dialects) {
      for (const msisdn of numbers) {
        const phone = ['ussd', 'dial', '*384#', '--url', url, '--dialect', dialect, '--msisdn', msisdn]
        await installation.check(`${dialect} from ${msisdn}`, phone, /open every day[^]*Goodbye/, {
          cwd,
          typed: '1\n0\n0\n',
        })
      }
    }
  } finally {
    child.kill('SIGTERM')
    await once(child, 'close')
  }
}

const command = defineCommand({
  name: 'test/verification/package.ts',
  program: 'npx tsx',
  summary: 'Installs the packed package in an empty folder and uses every command there, without a network.',
  details: `npm may ask the registry for packages that are not in its cache. The commands of the package may connect to this machine
only.`,
  exitCodes: { 0: 'all passed', 1: 'one failed' },
  messageOf,
  async run() {
    const installation = new Installation()
    try {
      await usePackage(installation)
    } finally {
      rmSync(installation.folder, { recursive: true, force: true })
    }
    return printVerdicts(installation.verdicts)
  },
})
await command.run(process.argv.slice(2))
