import { execFile } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { BUILD } from './support/build.ts'

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock
const devPackages = Object.entries(lock.packages)
  // The build cannot import a nested copy.
  .filter(([path, entry]) => path.lastIndexOf('node_modules/') === 0 && (entry.dev || entry.devOptional))
  .map(([path]) => path.slice('node_modules/'.length))

/** Module hooks that reject every import of a devDependency. */
const hook = `
  const forbidden = new Set(${JSON.stringify(devPackages)})
  const packageOf = (specifier) => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
  export async function resolve(specifier, context, next) {
    const from = context.parentURL ?? ''
    if (!/^[./]|^(node|file|data):/.test(specifier) && forbidden.has(packageOf(specifier))) {
      throw new Error(specifier + ' is a devDependency, imported by ' + from)
    }
    return next(specifier, context)
  }`

const runsOnLoad = (path: string) =>
  ['src/main.js', 'src/cli/ussd.js', 'src/services/hashing/thread.mjs'].includes(path)

describe('the build', () => {
  const files = readdirSync(BUILD, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.m?js$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))

  it('loads every file without devDependencies', async () => {
    expect(devPackages).toContain('jest')
    expect(files.length).toBeGreaterThan(100)
    const urls = files
      .filter((file) => !runsOnLoad(relative(BUILD, file)))
      .map((file) => pathToFileURL(file).href)
    const program = `
      import { register } from 'node:module'
      register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}))
      for (const url of ${JSON.stringify(urls)}) await import(url)
      process.exit()`
    const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
    expect(stderr).toBe('')
  })

  it('contains no test code', () => {
    expect(files.map((file) => relative(BUILD, file)).filter((file) => !/^(src|menus)\//.test(file))).toEqual(
      [],
    )
  })
})
