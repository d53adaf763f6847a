/** What may import what, and what may stand where. It doubles as the map of the code (decision 0018). */
import { describe, expect, it } from '@jest/globals'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * What each folder, or file of `src`, may import beside what lies in it: folders, files and packages. A folder that is not
 * listed may import nothing. Nobody but `compose.ts` and scripts imports `menus`; nobody imports scripts or `main.ts`.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  // A menu needs the authoring file and nothing else of ours.
  menus: ['src/engine/authoring.ts', 'xstate'],
  // The routing table is held against what the engine takes.
  'menus/index.ts': ['src/engine/menu.ts'],

  // Pure: no clock, no network, no files. `node:crypto` digests a menu's revision, `node:util` masks a secret.
  'src/ussd': ['libphonenumber-js'],
  // `check` measures texts, also in Latin letters, and dials codes as a phone does.
  'src/engine': [
    'src/ussd/message.ts',
    'src/ussd/mmi.ts',
    'src/ussd/transliterate.ts',
    'xstate',
    'node:crypto',
    'node:util',
  ],
  // Of XState it knows a snapshot's type; the engine drives machines.
  'src/gateway': ['src/engine', 'src/ussd/transliterate.ts', 'xstate', 'zod', 'node:crypto'],

  // A service changes the draft of a subscriber inside a transaction of the gateway; it knows nothing of dialogues.
  'src/services': [
    'src/engine/errors.ts',
    'src/engine/secret.ts',
    'src/gateway/attempts.ts',
    'src/gateway/effects.ts',
    'src/gateway/keyring.ts',
    'src/gateway/ports.ts',
    'src/gateway/queue.ts',
    'src/gateway/records.ts',
    'src/gateway/subscriber.ts',
    'src/gateway/transaction.ts',
    'zod',
    'node:crypto',
  ],
  'src/services/hashing.ts': ['@node-rs/argon2', 'node:os'],
  'src/services/hashing-lanes.ts': ['node:os'],
  'src/services/hashing-threads.ts': ['node:events', 'node:worker_threads'],
  'src/services/hashing-thread.mjs': ['@node-rs/argon2', 'node:os', 'node:worker_threads'],
  'src/store': ['src/gateway/ports.ts', 'src/engine/errors.ts'],
  // A circuit opens and closes on the clock of the gateway.
  'src/store/breaker.ts': ['src/gateway/clock.ts'],
  'src/store/redis': [
    'src/gateway/ports.ts',
    'src/engine/errors.ts',
    'ioredis',
    'node:crypto',
    'node:fs',
    'node:net',
    'node:timers',
    'node:util',
  ],
  // A bucket of each master is probed.
  'src/store/redis/probe.ts': ['src/gateway/records.ts'],
  // It holds the names of keys against what the gateway makes them of.
  'src/store/redis/census.ts': [
    'src/gateway/key-register.ts',
    'src/gateway/naming.ts',
    'src/gateway/records.ts',
    'src/gateway/subscriber.ts',
  ],
  // Every aggregator's MSISDN is parsed by the one profile.
  // The network's end makes session ids.
  'src/dialects': ['src/gateway/ports.ts', 'src/ussd/msisdn.ts', 'zod', 'node:crypto', 'node:querystring'],
  // Says the alphabet of each text.
  'src/dialects/restcomm.ts': ['src/ussd/message.ts'],
  'src/dialects/xml.ts': ['@xmldom/xmldom'],

  'src/http': [
    'src/dialects',
    'src/engine/authoring.ts',
    'src/engine/errors.ts',
    'src/engine/secret.ts',
    'src/gateway/gateway.ts',
    'src/gateway/ports.ts',
    'src/gateway/subscriber.ts',
    'src/services',
    'express',
    'helmet',
    'zod',
    'zod-openapi',
    'node:crypto',
    'node:http',
  ],
  'src/http/callback.ts': ['src/gateway/ports.ts'],
  'src/http/connections.ts': ['node:net'],
  // Addresses that callbacks are taken from.
  'src/http/callback-guard.ts': ['node:net'],
  // The routes of the simulated handsets.
  'src/http/handsets.ts': ['src/simulator'],
  'src/http/network.ts': ['src/simulator'],
  'src/http/simulator.ts': ['src/simulator'],
  // It plays the network: of the gateway it knows only what a callback and an answer are.
  'src/simulator': ['src/dialects', 'src/gateway/ports.ts', 'src/ussd', 'node:stream', 'node:util'],
  'src/simulator/application.ts': ['node:buffer', 'node:crypto', 'node:http', 'node:https'],
  'src/simulator/profiles.ts': ['zod'],
  'src/simulator/restcomm-push.ts': ['node:crypto'],
  'src/simulator/terminal.ts': ['node:readline'],

  // Scripts as data, walked on simulated phones; it knows no gateway but through a target that it is given.
  'src/walkthrough': [
    'src/dialects',
    'src/engine',
    'src/simulator',
    'src/ussd',
    'node:crypto',
    'node:vm',
    'yaml',
    'zod',
  ],
  'src/walkthrough/coverage': ['src/engine', 'xstate'],
  'src/walkthrough/diagram': [
    'src/engine',
    'src/ussd/message.ts',
    'src/walkthrough/coverage',
    'xstate',
    '@viz-js/viz',
  ],
  'src/walkthrough/exploration': [
    'src/engine',
    'src/simulator/screen.ts',
    'src/ussd/message.ts',
    'src/ussd/transliterate.ts',
    'src/walkthrough/result.ts',
    'src/walkthrough/walkthrough.ts',
    'xstate',
  ],
  'src/walkthrough/reports': [
    'src/simulator/drawing.ts',
    'src/simulator/screen.ts',
    'src/ussd/message.ts',
    'src/walkthrough/result.ts',
    'src/walkthrough/walkthrough.ts',
  ],
  'src/walkthrough/reports/junit.ts': ['src/dialects/xml.ts'],
  // The simulated phones are recorded.
  'src/http/recordings.ts': ['src/walkthrough/recorder.ts', 'src/walkthrough/write.ts'],

  // It checks the targets of the simulated phones.
  'src/config.ts': [
    'src/callback-settings.ts',
    'src/engine/errors.ts',
    'src/misspellings.ts',
    'src/simulator/targets.ts',
    'zod',
  ],
  'src/callback-settings.ts': ['node:net', 'zod'],
  // It masks numbers.
  'src/log.ts': [
    'src/engine/errors.ts',
    'src/gateway/admission.ts',
    'src/gateway/gateway.ts',
    'src/log-limit.ts',
    'src/log-writer.ts',
    'src/store/breaker.ts',
    'src/ussd/msisdn.ts',
    'node:stream',
    'winston',
  ],
  'src/log-writer.ts': ['node:fs', 'node:net'],
  'src/metrics.ts': [
    'src/gateway/admission.ts',
    'src/gateway/gateway.ts',
    'src/log.ts',
    'src/services/hashing.ts',
    'src/store/breaker.ts',
    'prom-client',
  ],
  // The one wiring of the gateway and its services; it knows no HTTP, no dialect, no menu and no Redis.
  'src/core.ts': [
    'src/config.ts',
    'src/engine/menu.ts',
    'src/gateway',
    'src/services',
    'src/store/breaker.ts',
    'src/store/store-clock.ts',
  ],
  'src/readiness.ts': ['src/engine/errors.ts'],
  'src/compose.ts': ['src', 'menus', 'node:crypto', 'node:events', 'node:http', 'node:net'],
  // The store that is configured.
  'src/open-store.ts': [
    'src/config.ts',
    'src/engine/errors.ts',
    'src/gateway/ports.ts',
    'src/log.ts',
    'src/readiness.ts',
    'src/store',
  ],
  // It starts what is composed, and says in words why it could not.
  'src/main.ts': [
    'src/compose.ts',
    'src/config.ts',
    'src/engine/errors.ts',
    'src/log-writer.ts',
    'commander',
  ],
}

/** What starts the program is started, not imported. */
const isStarted = (path: string) => path === 'src/main.ts' || dirname(path) === 'scripts'

const root = normalize(join(dirname(fileURLToPath(import.meta.url)), '..'))
const unix = (path: string) => path.split(sep).join('/')

const filesUnder = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => unix(relative(root, join(entry.parentPath, entry.name))))

interface Source {
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

/** Type imports count: they are knowledge too. */
const IMPORT =
  /^(?:import|export)\b[^'"`]*?\bfrom\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|\brequire\(\s*['"]([^'"]+)['"]/gm

/** A package by its name, a file of ours by its path from the root. */
function imported(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return unix(normalize(join(dirname(from), specifier)))
  if (specifier.startsWith('node:')) return specifier.split('/')[0] ?? specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function read(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8')
  const specifiers = [...text.matchAll(IMPORT)].map((found) => found.slice(1).find(Boolean) ?? '')
  return { path, text, imports: specifiers.map((specifier) => imported(path, specifier)) }
}

const sources = ['src', 'menus', 'scripts']
  .flatMap(filesUnder)
  .filter((path) => /\.m?[jt]s$/.test(path))
  .map(read)
const inFolder = (folder: string) => (source: Source) => source.path.startsWith(`${folder}/`)

/** The entry of the table a file of ours belongs to: its folder's, or its own where it lies in `src` itself. */
const unitOf = (path: string): string =>
  dirname(path) === 'src' || dirname(path) === '.' ? path : dirname(path)

const covers = (allowed: string, target: string) => target === allowed || target.startsWith(`${allowed}/`)

function isAllowed(path: string, target: string): boolean {
  if (isStarted(target)) return false
  // Scripts are commands over everything there is; nobody imports them.
  if (unitOf(path).startsWith('scripts')) return true
  if (target.startsWith('scripts/')) return false
  if (unitOf(path) === unitOf(target)) return true
  return [...(mayImport[unitOf(path)] ?? []), ...(mayImport[path] ?? [])].some((allowed) =>
    covers(allowed, target),
  )
}

/** Lines of code that hold a pattern, outside these files. */
const linesWith = (pattern: RegExp, among: readonly Source[], except: readonly string[] = []): string[] =>
  among
    .filter(({ path }) => !except.some((folder) => covers(folder, path)))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
    )

describe('imports', () => {
  it('are seen by this test in every form', () => {
    const forms = `import { a } from './a.ts'\nimport type {\n  B,\n} from '../b.ts'\nexport { c } from "c"\nimport 'd'\nconst e = await import('e')\nexport const f = \`from 'f'\`\n// from 'g'`
    const found = [...forms.matchAll(IMPORT)].map((one) => one.slice(1).find(Boolean))
    expect(found).toEqual(['./a.ts', '../b.ts', 'c', 'd', 'e'])
    expect(sources.length).toBeGreaterThan(70)
    expect(sources.filter(({ imports }) => imports.length > 0).length).toBeGreaterThan(60)
  })

  it('go where the table says', () => {
    const wrong = sources.flatMap(({ path, imports }) =>
      imports.filter((target) => !isAllowed(path, target)).map((target) => `${path} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('use every line of the table', () => {
    const unused = Object.entries(mayImport).flatMap(([unit, allowed]) =>
      allowed
        .filter(
          (target) =>
            !sources.some(
              ({ path, imports }) =>
                (path === unit || unitOf(path) === unit) && imports.some((one) => covers(target, one)),
            ),
        )
        .map((target) => `${unit} need not import ${target}`),
    )
    expect(unused).toEqual([])
  })

  it('name the file with its ending, as Node resolves it', () => {
    const ours = sources.flatMap(({ path, imports }) =>
      imports
        .filter((target) => /^(src|menus|scripts)\//.test(target) && !/\.(ts|mjs)$/.test(target))
        .map((target) => `${path} imports ${target}`),
    )
    expect(ours).toEqual([])
  })

  it('make no circle of folders', () => {
    const edges = new Map<string, Set<string>>()
    for (const { path, imports } of sources) {
      for (const target of imports) {
        if (!/^(src|menus|scripts)\//.test(target) || unitOf(target) === unitOf(path)) continue
        edges.set(unitOf(path), (edges.get(unitOf(path)) ?? new Set()).add(unitOf(target)))
      }
    }
    const circles: string[] = []
    const follow = (unit: string, way: readonly string[]) => {
      if (way.includes(unit)) circles.push([...way.slice(way.indexOf(unit)), unit].join(' → '))
      else for (const next of edges.get(unit) ?? []) follow(next, [...way, unit])
    }
    for (const unit of edges.keys()) follow(unit, [])
    expect(circles).toEqual([])
  })
})

describe('what may stand where', () => {
  const code = sources.filter((source) => !inFolder('scripts')(source))

  it('the environment is read in config.ts', () => {
    // A program on PATH is looked for by a script.
    const except = ['src/config.ts', 'scripts/redis/redis-binary.ts']
    expect(linesWith(/process\s*\.\s*env|\benv\b.*from 'node:process'/, sources, except)).toEqual([])
  })

  it('a gateway is wired in core.ts, so that harnesses and tests run what ships', () => {
    const wired = filesUnder('test')
      .filter((path) => path.endsWith('.ts'))
      .map(read)
    const except = ['src/core.ts', 'src/gateway/gateway.ts', 'test/architecture.test.ts']
    expect(linesWith(/\bcreateGateway\(|\bcreateGateway,/, [...sources, ...wired], except)).toEqual([])
    expect(linesWith(/\bcreateServices\(/, [...sources, ...wired], ['src/core.ts'])).toEqual([])
  })

  it('a server listens where it is composed; whoever starts that gives it no address', () => {
    // Whoever looks for a free port listens on it for a moment; a proxy is no server of HTTP.
    const looks = 'scripts/redis'
    expect(linesWith(/\.listen\(\s*[^)\s]/, sources, ['src/compose.ts', looks])).toEqual([])
    expect(linesWith(/\.listen\(/, sources, ['src/compose.ts', 'src/main.ts', 'scripts'])).toEqual([])
  })

  it('a secret is revealed in the guards of menus and in services', () => {
    const except = ['src/services', 'src/engine/secret.ts', 'menus']
    expect(linesWith(/\breveal\b/, sources, except)).toEqual([])
    const outsideGuards = sources.filter(inFolder('menus')).map((source) => ({
      ...source,
      text: source.text.replace(/^ {2}guards: \{$[^]*?^ {2}\},$/m, ''),
    }))
    expect(linesWith(/\breveal\b/, outsideGuards)).toEqual([])
  })

  it('a secret is compared in constant time, in the three places that compare one', () => {
    for (const path of ['src/http/tokens.ts', 'src/dialects/signature.ts', 'src/gateway/keyring.ts']) {
      const [source] = sources.filter((one) => one.path === path)
      expect(source?.text).toMatch(/\btimingSafeEqual\(/)
      expect(source?.text).not.toMatch(
        /\.equals\([^)]*(digest|expected)|=== (given|expected)|(given|expected) ===/,
      )
    }
    expect(linesWith(/\b(sealed|puk1|password|token)\b\s*===(?!\s*(null|undefined))/, code)).toEqual([])
  })

  it('nothing is written to the console but by scripts, which people run', () => {
    expect(linesWith(/\bconsole\b/, code)).toEqual([])
    // Before there is a log, and where the log itself is written.
    expect(linesWith(/process\.(stdout|stderr)/, code, ['src/main.ts', 'src/log-writer.ts'])).toEqual([])
  })

  it('a process is ended, and signals are heard, by main.ts alone', () => {
    expect(linesWith(/process\.(exit|on)\b/, code, ['src/main.ts'])).toEqual([])
  })

  it('the engine and the standards know no clock, no chance and no network', () => {
    const pure = sources.filter((source) =>
      ['src/engine', 'src/ussd', 'menus'].some((folder) => inFolder(folder)(source)),
    )
    const impure =
      /\bDate\b|\bperformance\b|Math\.random|randomBytes|randomUUID|setTimeout|setInterval|setImmediate|\bfetch\(|\bprocess\b/
    expect(
      linesWith(
        impure,
        pure.map((source) => ({ ...source, text: withoutComments(source.text) })),
      ),
    ).toEqual([])
  })

  it('the store alone says what time it is for a turn; the gateway measures spans only', () => {
    const gateway = sources.filter((source) => inFolder('src/gateway')(source))
    expect(linesWith(/Date\.now|new Date\(\)/, gateway)).toEqual([])
  })

  it('nothing is exported by default, and nothing is exported on', () => {
    expect(linesWith(/^export default/, sources)).toEqual([])
    // All that a menu imports stands in one file.
    expect(linesWith(/^export (\*|\{[^}]*\}) ?(from|$)/, code, ['src/engine/authoring.ts'])).toEqual([])
  })
})

const withoutComments = (text: string) =>
  text.replace(/\/\*[^]*?\*\//g, (comment) => comment.replace(/[^\n]/g, '')).replace(/\/\/.*$/gm, '')

describe('files', () => {
  it('hold one noun: 400 lines at most', () => {
    const long = sources
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 400)
    expect(long).toEqual([])
  })

  it('are named in kebab-case', () => {
    const names = ['src', 'menus', 'scripts'].flatMap(filesUnder).map((path) => path.split('/').at(-1) ?? '')
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)+$/.test(name))).toEqual([])
  })

  it('speak of the project alone: no paths of a machine, no notes that are not here', () => {
    const tops = readdirSync(root, { withFileTypes: true })
    const texts = [
      ...tops.filter((entry) => entry.isFile() && entry.name !== 'package-lock.json').map(({ name }) => name),
      ...['src', 'menus', 'scripts', 'test', 'docs', '.ci'].flatMap(filesUnder),
    ].filter((path) => path !== 'test/architecture.test.ts')
    const notes = [
      'standards',
      'domain',
      'wire',
      'style',
      'reliability',
      'performance',
      'toolchain',
      'field',
      'DESIGN',
    ]
    const elsewhere = new RegExp(
      `(^|[\\s'"\`(=])/(work|home|root|Users|opt)/|(?<!/)\\b(${notes.join('|')})\\.md\\b`,
    )
    expect(linesWith(elsewhere, texts.map(read))).toEqual([])
    expect(
      linesWith(
        /(^|[\s'"`(=])\/tmp\b/,
        texts.filter((path) => /^(src|menus|scripts|test)\//.test(path)).map(read),
      ),
    ).toEqual([])
  })
})
