/** The rules of imports and of the code in each folder. It doubles as the map of the code (decision 0018). */
import { describe, expect, it } from '@jest/globals'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The map of the code: folders, and files of `src` itself, from the bottom to the top. Each entry lists the folders, files and
 * packages that it may import besides its own files; no import runs up this list. A file's own entry adds to its folder's. A
 * subfolder without an entry belongs to its parent.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  // The standards of USSD. Pure: no clock, no network, no files.
  'src/ussd': ['libphonenumber-js'],

  // Recognises addresses of this machine, for the settings, the store and the routes.
  'src/loopback.ts': [],

  // Runs a menu. Pure: `node:crypto` digests a menu's revision, `node:util` masks a secret.
  'src/engine': ['xstate', 'node:crypto', 'node:util'],

  // Loads, runs and commits a turn.
  'src/gateway': [
    'src/engine',
    'src/ussd/numbering.ts',
    'src/ussd/transliterate.ts',
    'xstate',
    'zod',
    'node:crypto',
  ],

  // Both ends of an aggregator's wire format, one aggregator per file.
  'src/dialects': [
    'src/gateway/ports.ts',
    'src/ussd/invisible.ts',
    'src/ussd/numbering.ts',
    '@xmldom/xmldom',
    'zod',
    'node:crypto',
    'node:querystring',
  ],
  'src/dialects/africastalking.ts': ['src/ussd/network-codes.ts'],
  'src/dialects/restcomm.ts': ['src/ussd/message.ts'],

  'src/store': ['src/engine/errors.ts', 'src/gateway/clock.ts', 'src/gateway/ports.ts'],
  'src/store/redis': [
    'src/engine/errors.ts',
    'src/gateway/ports.ts',
    'src/loopback.ts',
    'ioredis',
    'node:crypto',
    'node:fs',
    'node:net',
    'node:timers',
    'node:util',
  ],
  // Probes one bucket on each master.
  'src/store/redis/probe.ts': ['src/gateway/records/records.ts'],
  // Compares key names with the gateway's record names.
  'src/store/redis/keyspace-audit.ts': ['src/gateway/records'],

  // What the services of any project need. They change a subscriber's draft inside a transaction of the gateway.
  'src/services/hashing': [
    'src/engine/errors.ts',
    'src/engine/secret.ts',
    'src/gateway/records/keyring.ts',
    'src/gateway/records/record.ts',
    '@node-rs/argon2',
    'node:crypto',
    'node:events',
    'node:os',
    'node:worker_threads',
  ],
  'src/services': [
    'src/engine/authoring.ts',
    'src/engine/errors.ts',
    'src/engine/secret.ts',
    'src/gateway/attempts.ts',
    'src/gateway/effects.ts',
    'src/gateway/ports.ts',
    'src/gateway/project.ts',
    'src/gateway/queue.ts',
    'src/gateway/records',
    'src/gateway/transaction.ts',
    'src/services/hashing',
    'src/ussd/numbering.ts',
    'zod',
    'node:crypto',
  ],

  // Reads a menu without running it. `ussd` measures texts, transliterates them and parses dialled codes.
  'src/menu-analysis': ['src/engine', 'src/ussd', 'xstate'],
  'src/menu-analysis/coverage': ['src/engine', 'src/menu-analysis/statechart.ts', 'xstate'],
  'src/menu-analysis/diagram': [
    'src/engine',
    'src/menu-analysis/coverage',
    'src/menu-analysis/statechart.ts',
    'src/ussd/message.ts',
    'xstate',
    '@viz-js/viz',
  ],

  // The network between a handset and an application. It reaches a gateway through callbacks only.
  'src/simulator': [
    'src/dialects',
    'src/gateway/ports.ts',
    'src/ussd',
    'pure-rand',
    'zod',
    'node:buffer',
    'node:crypto',
    'node:http',
    'node:https',
    'node:readline',
    'node:stream',
    'node:timers',
    'node:util',
  ],

  // Test scripts: parsing, running on simulated phones, reports and recording.
  'src/walkthrough/script': [
    'src/gateway/records/record.ts',
    'src/services/subscriber-input.ts',
    'src/ussd/example-number.ts',
    'src/ussd/numbering.ts',
    'yaml',
    'zod',
    'node:crypto',
  ],
  'src/walkthrough/run': [
    'src/engine/secret.ts',
    'src/simulator',
    'src/walkthrough/script',
    'zod',
    'node:vm',
  ],
  'src/walkthrough/reports': [
    'src/dialects/encoding/xml.ts',
    'src/simulator/screen.ts',
    'src/simulator/text-phone.ts',
    'src/ussd/message.ts',
    'src/walkthrough/run/result.ts',
    'src/walkthrough/script/walkthrough.ts',
  ],
  'src/walkthrough': [
    'src/gateway/records',
    'src/simulator/screen.ts',
    'src/walkthrough/run/target.ts',
    'src/walkthrough/script',
    'node:crypto',
  ],

  // Generates paths through the model of a menu and replays them.
  'src/exploration': [
    'src/engine',
    'src/gateway/project.ts',
    'src/gateway/records/record.ts',
    'src/simulator/screen.ts',
    'src/ussd',
    'src/walkthrough/run/result.ts',
    'src/walkthrough/script/walkthrough.ts',
    'xstate',
  ],

  'src/http': [
    'src/dialects',
    'src/engine/errors.ts',
    'src/gateway/gateway.ts',
    'src/gateway/ports.ts',
    'src/gateway/project.ts',
    'src/gateway/records',
    'src/loopback.ts',
    'src/services',
    'src/ussd/example-number.ts',
    'src/ussd/numbering.ts',
    'express',
    'helmet',
    'zod',
    'zod-openapi',
    'node:crypto',
    'node:events',
    'node:http',
    'node:net',
  ],
  // The routes of the simulated handsets, and the recording of their dialogues.
  'src/http/simulator/handsets.ts': ['src/simulator'],
  'src/http/simulator/network.ts': ['src/simulator'],
  'src/http/simulator/simulator.ts': ['src/simulator'],
  'src/http/simulator/recordings.ts': ['src/walkthrough'],

  'src/callback-settings.ts': ['zod', 'node:net'],
  'src/config.ts': [
    'src/callback-settings.ts',
    'src/engine/errors.ts',
    'src/gateway/project.ts',
    'src/gateway/records/record-format.ts',
    'src/loopback.ts',
    'src/simulator/targets.ts',
    'src/ussd/numbering.ts',
    'zod',
  ],
  'src/setting-docs.ts': ['src/config.ts'],
  'src/log-limit.ts': [],
  'src/log-writer.ts': ['node:fs', 'node:net'],
  'src/log.ts': [
    'src/engine/errors.ts',
    'src/gateway/admission.ts',
    'src/gateway/gateway.ts',
    'src/log-limit.ts',
    'src/log-writer.ts',
    'src/store/circuit-breaker.ts',
    'src/ussd/numbering.ts',
    'node:stream',
    'winston',
  ],
  'src/metrics.ts': [
    'src/gateway/admission.ts',
    'src/gateway/gateway.ts',
    'src/log.ts',
    'src/services/hashing/hashing.ts',
    'src/store/circuit-breaker.ts',
    'prom-client',
  ],
  // The processes that share a port.
  'src/workers': ['src/log.ts', 'node:cluster', 'prom-client'],
  'src/open-store.ts': [
    'src/config.ts',
    'src/engine/errors.ts',
    'src/gateway/ports.ts',
    'src/http/readiness.ts',
    'src/log.ts',
    'src/store',
  ],

  // Defines and checks what one gateway serves.
  'src/project-problems.ts': [
    'src/engine/authoring.ts',
    'src/gateway/project.ts',
    'src/gateway/records',
    'src/gateway/system-messages.ts',
    'src/http/route.ts',
    'src/menu-analysis/statechart.ts',
    'src/services/subscriber-input.ts',
    'src/ussd/numbering.ts',
    'src/ussd/transliterate.ts',
    'xstate',
  ],
  'src/project.ts': [
    'src/project-problems.ts',
    'src/engine/authoring.ts',
    'src/engine/errors.ts',
    'src/engine/short-code.ts',
    'src/exploration/model-spec.ts',
    'src/gateway/effects.ts',
    'src/gateway/project.ts',
    'src/gateway/records',
    'src/gateway/system-messages.ts',
    'src/http/route.ts',
    'src/menu-analysis/statechart.ts',
    'src/services/kit.ts',
    'src/services/subscriber-input.ts',
    'src/ussd/numbering.ts',
    'zod',
  ],

  // The only wiring of the gateway and its services, without HTTP, dialects, menus and Redis.
  'src/core.ts': [
    'src/config.ts',
    'src/gateway',
    'src/project.ts',
    'src/services',
    'src/store/circuit-breaker.ts',
    'src/store/store-clock.ts',
    'node:os',
  ],

  'src/app.ts': ['src', 'node:crypto', 'node:http'],
  // The `ussd` commands.
  'src/cli': [
    'src',
    'commander',
    'jiti',
    'libphonenumber-js',
    'yaml',
    'zod',
    'node:child_process',
    'node:cluster',
    'node:crypto',
    'node:events',
    'node:fs',
    'node:net',
    'node:os',
    'node:path',
    'node:process',
    'node:stream',
    'node:url',
  ],
  // What the package exports, besides the authoring file.
  'src/index.ts': ['src/app.ts', 'src/config.ts', 'src/project.ts', 'node:http'],
  'src/testing.ts': [
    'src/cli',
    'src/dialects/africastalking.ts',
    'src/exploration/model-spec.ts',
    'src/project.ts',
    'src/walkthrough',
    'node:fs',
  ],
  // The shipped project. It imports only what the package exports to every project.
  menus: ['src/engine/authoring.ts', 'src/services/index.ts', 'xstate'],
  'menus/index.ts': ['src/index.ts'],
  'menus/http/self-care.ts': ['src/http/route.ts'],
  'menus/http/administration.ts': ['src/http/route.ts'],
  'menus/http/index.ts': ['src/http/route.ts'],
  'menus/services/sessions.ts': ['node:crypto'],
  'menus/services/administration.ts': ['node:crypto'],
  // Models of the effects, for `ussd explore`.
  'menus/models.ts': ['src/testing.ts'],
  'menus/self-care.model.ts': ['src/testing.ts'],
  'menus/access.model.ts': ['src/testing.ts'],
  'menus/password.model.ts': ['src/testing.ts'],

  // Generates the reference documentation.
  scripts: ['menus', 'src', 'commander', 'prettier', 'zod', 'node:fs', 'node:process'],
}

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

/** Type imports count, too. */
const IMPORT =
  /^(?:import|export)\b[^'"`]*?\bfrom\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|\brequire\(\s*['"]([^'"]+)['"]/gm

/** Returns the name of a package, or the path of a project file from the root. */
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
const harnesses = ['test/verification', 'test/support']
  .flatMap(filesUnder)
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map(read)
const inFolder = (folder: string) => (source: Source) => source.path.startsWith(`${folder}/`)

const covers = (allowed: string, target: string) => target === allowed || target.startsWith(`${allowed}/`)

/** The folders of the map, and the files of `src` itself. */
const units = Object.keys(mayImport).filter((key) => !/\w\.\w+$/.test(key) || dirname(key) === 'src')
/** Returns the deepest unit that contains a file. */
const unitOf = (path: string) =>
  units
    .filter((unit) => covers(unit, path))
    .reduce((deepest, unit) => (unit.length > deepest.length ? unit : deepest), '')
const levelOf = (path: string) => units.indexOf(unitOf(path))

/** Returns the module of a file or folder in the diagram: a folder of `src`, `core` or `menus`. The app is not drawn. */
function moduleOf(path: string): string | undefined {
  if (path === 'src/core.ts') return 'core'
  const [top, folder] = path.split('/')
  if (top === 'menus') return 'menus'
  return top === 'src' && folder !== undefined && !folder.includes('.') ? folder : undefined
}

function isAllowed(path: string, target: string): boolean {
  const unit = unitOf(path)
  if (unit === unitOf(target)) return true
  return [unit, path].some((key) => mayImport[key]?.some((allowed) => covers(allowed, target)))
}

/** Returns the lines that match a pattern, outside the files and folders of `except`. */
const linesWith = (pattern: RegExp, among: readonly Source[], except: readonly string[] = []): string[] =>
  among
    .filter(({ path }) => !except.some((folder) => covers(folder, path)))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
    )

describe('imports', () => {
  it('are found in every form', () => {
    const forms = `import { a } from './a.ts'\nimport type {\n  B,\n} from '../b.ts'\nexport { c } from "c"\nimport 'd'\nconst e = await import('e')\nexport const f = \`from 'f'\`\n// from 'g'`
    const found = [...forms.matchAll(IMPORT)].map((one) => one.slice(1).find(Boolean))
    expect(found).toEqual(['./a.ts', '../b.ts', 'c', 'd', 'e'])
    expect(sources.length).toBeGreaterThan(70)
    expect(sources.filter(({ imports }) => imports.length > 0).length).toBeGreaterThan(60)
  })

  it('follow the table', () => {
    const forbidden = sources.flatMap(({ path, imports }) =>
      imports.filter((target) => !isAllowed(path, target)).map((target) => `${path} imports ${target}`),
    )
    expect(forbidden).toEqual([])
  })

  it('use every entry of the table', () => {
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

  it('of src and menus name no tests and no devDependencies', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>
    }
    const isShipped = (target: string) =>
      /^(src|menus)\//.test(target) || target.startsWith('node:') || target in dependencies
    const notShipped = sources
      .filter((source) => inFolder('src')(source) || inFolder('menus')(source))
      .flatMap(({ path, imports }) =>
        imports.filter((target) => !isShipped(target)).map((target) => `${path} imports ${target}`),
      )
    expect(notShipped).toEqual([])
  })

  it('never point up the map', () => {
    const upward = sources.flatMap(({ path, imports }) =>
      imports
        .filter((target) => levelOf(target) > levelOf(path))
        .map((target) => `${path} imports ${target}`),
    )
    expect(upward).toEqual([])
  })

  it('match the diagram in docs/explanation/architecture.md', () => {
    const text = readFileSync(join(root, 'docs/explanation/architecture.md'), 'utf8')
    const [, diagram = ''] = /^```mermaid\n([^]*?)^```/m.exec(text) ?? []
    const drawn = [...diagram.matchAll(/^ +([\w-]+) --> (.+)$/gm)].flatMap(([, from = '', to = '']) =>
      to.split(' & ').map((target) => `${from} --> ${target}`),
    )
    const allowed = Object.entries(mayImport).flatMap(([unit, targets]) =>
      targets.map((target) => [moduleOf(unit), moduleOf(target)] as const),
    )
    const arrows = allowed
      .filter(([from, to]) => from !== undefined && to !== undefined && from !== to && from !== 'cli')
      .map(([from, to]) => `${from} --> ${to}`)
    expect(drawn.toSorted()).toEqual([...new Set(arrows)].toSorted())
  })

  it('name files with their extension, as Node requires', () => {
    const incomplete = sources.flatMap(({ path, imports }) =>
      imports
        .filter((target) => /^(src|menus)\//.test(target) && !/\.(ts|mjs)$/.test(target))
        .map((target) => `${path} imports ${target}`),
    )
    expect(incomplete).toEqual([])
  })
})

describe('code', () => {
  const code = sources.filter((source) => !inFolder('src/cli')(source) && !inFolder('scripts')(source))

  it('reads the environment in config.ts only', () => {
    // Harnesses look for programs on PATH.
    const except = ['src/config.ts', 'test/support']
    expect(
      linesWith(/process\s*\.\s*env|\benv\b.*from 'node:process'/, [...sources, ...harnesses], except),
    ).toEqual([])
  })

  it('wires a gateway in core.ts only, so harnesses and tests run the shipped gateway', () => {
    const wired = filesUnder('test')
      .filter((path) => path.endsWith('.ts'))
      .map(read)
    const except = ['src/core.ts', 'src/gateway/gateway.ts', 'test/architecture.test.ts']
    expect(linesWith(/\bcreateGateway\(|\bcreateGateway,/, [...sources, ...wired], except)).toEqual([])
    expect(linesWith(/\bcreateServices\(/, [...sources, ...wired], ['src/core.ts'])).toEqual([])
  })

  it('leaves the address of a server to listener.ts', () => {
    // Test helpers look for free ports and start proxies.
    const helpers = 'test/support'
    expect(
      linesWith(/\.listen\(\s*[^)\s]/, [...sources, ...harnesses], ['src/http/listener.ts', helpers]),
    ).toEqual([])
    expect(
      linesWith(/\.listen\(/, sources, ['src/app.ts', 'src/cli', 'src/http/listener.ts', 'src/index.ts']),
    ).toEqual([])
  })

  it('reveals secrets in services and in the guards of menus only', () => {
    const except = ['src/services', 'src/engine/secret.ts', 'menus']
    expect(linesWith(/\breveal\b/, sources, except)).toEqual([])
    const inMenus = sources.filter((one) => inFolder('menus')(one) && !inFolder('menus/services')(one))
    const outsideGuards = inMenus.map((source) => ({
      ...source,
      text: source.text.replace(/^ {2}guards: \{$[^]*?^ {2}\},$/m, ''),
    }))
    expect(linesWith(/\breveal\b/, outsideGuards)).toEqual([])
  })

  it('compares secrets in constant time', () => {
    for (const path of [
      'src/http/tokens.ts',
      'src/dialects/signature.ts',
      'src/gateway/records/keyring.ts',
    ]) {
      const [source] = sources.filter((one) => one.path === path)
      expect(source?.text).toMatch(/\btimingSafeEqual\(/)
      expect(source?.text).not.toMatch(
        /\.equals\([^)]*(digest|expected)|=== (given|expected)|(given|expected) ===/,
      )
    }
    expect(linesWith(/\b(sealed|puk1|password|token)\b\s*===(?!\s*(null|undefined))/, code)).toEqual([])
  })

  it('writes to the console in commands and scripts only', () => {
    expect(linesWith(/\bconsole\./, code)).toEqual([])
    // The log itself writes to standard output.
    expect(linesWith(/process\.(stdout|stderr)/, code, ['src/log-writer.ts'])).toEqual([])
  })

  it('ends the process and listens for signals in commands only', () => {
    // Workers receive messages of their primary process.
    expect(linesWith(/process\.(exit\b|on\((?!'message'))/, code)).toEqual([])
  })

  it('is pure in the engine, the standards and the menus: no clock, random numbers or network', () => {
    const isIn = (source: Source, ...folders: string[]) => folders.some((folder) => inFolder(folder)(source))
    // Not the bodies of effects and routes.
    const pure = sources.filter(
      (source) =>
        isIn(source, 'src/engine', 'src/ussd', 'menus') && !isIn(source, 'menus/services', 'menus/http'),
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

  it('takes the time of a turn from the store, never from the process', () => {
    const gateway = sources.filter((source) => inFolder('src/gateway')(source))
    expect(linesWith(/Date\.now|new Date\(\)/, gateway)).toEqual([])
  })

  it('has no default exports but that of a project, and no re-exports', () => {
    expect(linesWith(/^export default(?! defineProject\()/, sources)).toEqual([])
    // These files export what authors import.
    const exported = [
      'src/engine/authoring.ts',
      'src/index.ts',
      'src/services/index.ts',
      'src/http/route.ts',
      'src/testing.ts',
    ]
    expect(linesWith(/^export (\*|(type )?\{[^}]*\}) ?(from|$)/, code, exported)).toEqual([])
  })
})

const withoutComments = (text: string) =>
  text.replace(/\/\*[^]*?\*\//g, (comment) => comment.replace(/[^\n]/g, '')).replace(/\/\/.*$/gm, '')

describe('files', () => {
  it('have at most 400 lines', () => {
    const long = sources
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 400)
    expect(long).toEqual([])
  })

  it('are named in kebab-case', () => {
    const names = ['src', 'menus', 'scripts', 'test/verification', 'test/support']
      .flatMap(filesUnder)
      .map((path) => path.split('/').at(-1) ?? '')
      .filter((name) => name !== 'README.md')
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)+$/.test(name))).toEqual([])
  })
})
