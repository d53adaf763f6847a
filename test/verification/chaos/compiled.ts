import { cp, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform } from '@swc/core'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const folders = ['src', 'menus', 'test/support', 'test/verification/chaos']

/**
 * Compiles the gateway, types stripped and nothing checked, into a folder, and returns the program that is to be started.
 * Done once, it halves what every restart costs: of hundreds in a run, compiling each anew would be most of the work.
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
  // Its types do not know of the last one yet.
  const jsc = {
    parser: { syntax: 'typescript' },
    target: 'es2022',
    rewriteRelativeImportExtensions: true,
  } as const
  const source = await readFile(file, 'utf8')
  const { code } = await transform(source, { filename: file, swcrc: false, jsc, module: { type: 'es6' } })
  return code
}
