import { cp, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform } from '@swc/core'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const folders = ['src', 'menus', 'test/support', 'test/verification/chaos']

/**
 * Compiles the gateway into a folder without type checks, and returns the path of its program. A run restarts gateways hundreds
 * of times; compiling once halves the cost of each restart.
 */
export async function compileGateway(into: string): Promise<string> {
  for (const folder of folders) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
    for (const entry of entries.filter((one) => one.isFile())) {
      const file = join(entry.parentPath, entry.name)
      const to = join(into, file.slice(root.length))
      await mkdir(dirname(to), { recursive: true })
      if (file.endsWith('.ts')) await writeFile(to.replace(/ts$/, 'js'), await compile(file))
      else await cp(file, to)
    }
  }
  await writeFile(join(into, 'package.json'), '{ "type": "module" }')
  await symlink(join(root, 'node_modules'), join(into, 'node_modules'), 'junction')
  return join(into, 'test/verification/chaos/gateway-process.js')
}

async function compile(file: string): Promise<string> {
  // The types of swc lack `rewriteRelativeImportExtensions`.
  const jsc = {
    parser: { syntax: 'typescript' },
    target: 'es2022',
    rewriteRelativeImportExtensions: true,
  } as const
  const source = await readFile(file, 'utf8')
  const { code } = await transform(source, { filename: file, swcrc: false, jsc, module: { type: 'es6' } })
  return code
}
