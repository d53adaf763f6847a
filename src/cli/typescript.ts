import { fileURLToPath } from 'node:url'
import { createJiti } from 'jiti'

/**
 * Loads a TypeScript file and returns its default export. Writes no cache. The files of this package are loaded by Node, so
 * that the project and the gateway share one `Secret`.
 */
export async function loadTypeScript(path: string): Promise<unknown> {
  const jiti = createJiti(import.meta.url, { fsCache: false, nativeModules: [PACKAGE] })
  return jiti.import(path, { default: true })
}

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url))
