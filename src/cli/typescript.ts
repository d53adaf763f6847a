import { createJiti } from 'jiti'

/**
 * Loads a TypeScript file and returns its default export. Writes no cache. Packages are loaded by Node, so that the project and
 * the gateway share one `Secret`.
 */
export const loadTypeScript = (path: string): Promise<unknown> =>
  createJiti(import.meta.url, { fsCache: false }).import(path, { default: true })
