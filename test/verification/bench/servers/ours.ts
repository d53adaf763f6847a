/** The gateway as `npm start` runs it, with the menus of the bench. */
import { menus as shippedMenus } from '../../../../menus/index.ts'
import { startApp } from '../../../../src/app.ts'
import { loadConfig } from '../../../../src/config.ts'
import { createMenus, subscriberNumbers } from '../menus.ts'
import type { ServerSpec } from './specs.ts'

export async function startOurs(spec: ServerSpec & { readonly kind: 'ours' }): Promise<string> {
  const menus = { ...createMenus(spec.menus), ...(spec.passwords && shippedMenus) }
  const app = startApp(loadConfig(spec.settings), { menus })
  const { url } = await app.listen()
  // A few at a time: a put has a deadline.
  const left = [...subscriberNumbers()]
  const register = async () => {
    for (let msisdn = left.pop(); msisdn !== undefined; msisdn = left.pop()) {
      await app.subscribers.put(msisdn, { language: 'ru' })
    }
  }
  await Promise.all(Array.from({ length: 16 }, register))
  return url
}
