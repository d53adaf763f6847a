/**
 * Peer libraries with sessions in Redis, as their README shows them. They keep the arguments and the result of a run on the
 * menu object, so concurrent runs of one menu lose replies. Each run takes a menu from a pool instead.
 */
import { Redis } from 'ioredis'
import UssdBuilder from 'ussd-builder'
import UssdMenu from 'ussd-menu-builder'
import { LAST_SCREEN, levelsOf, screenOf } from '../menus.ts'
import { serveForms } from './form-server.ts'
import type { PeerLibrary, ServerSpec } from './specs.ts'

const SESSION_SECONDS = 900

/** The calls that both libraries have in common. */
interface PeerMenu {
  startState(options: State): unknown
  state(name: string, options: State): unknown
  sessionConfig(handlers: object): void
  con(text: string): void
  end(text: string): void
  run(args: object): Promise<string>
  readonly session: { set(key: string, value: string): Promise<unknown> }
}
interface State {
  readonly run: () => void
  readonly next?: Readonly<Record<string, string>>
}

const libraries: Readonly<Record<PeerLibrary, unknown>> = {
  'ussd-menu-builder': UssdMenu,
  'ussd-builder': UssdBuilder,
}

export function startPeer(spec: ServerSpec & { readonly kind: 'peer' }): Promise<string> {
  const redis = new Redis(spec.redisUrl)
  const Menu = libraries[spec.library] as new () => PeerMenu
  const pools = new Map<string, PeerMenu[]>()
  return serveForms(spec.layer, async (fields) => {
    const { serviceCode } = fields
    const pool = pools.get(serviceCode) ?? []
    pools.set(serviceCode, pool)
    const menu = pool.pop() ?? createMenu(new Menu(), { redis, levels: levelsOf(serviceCode) })
    const answer = await menu.run({ ...fields })
    pool.push(menu)
    return answer
  })
}

function createMenu(
  menu: PeerMenu,
  { redis, levels }: { readonly redis: Redis; readonly levels: number },
): PeerMenu {
  const keyOf = (sessionId: string) => `peer:${sessionId}`
  menu.sessionConfig({
    start: async (sessionId: string) => {
      const key = keyOf(sessionId)
      await Promise.all([redis.hsetnx(key, '_', '1'), redis.expire(key, SESSION_SECONDS)])
    },
    get: (sessionId: string, key: string) => redis.hget(keyOf(sessionId), key),
    set: (sessionId: string, key: string, value: string) => redis.hset(keyOf(sessionId), key, value),
    end: (sessionId: string) => redis.del(keyOf(sessionId)),
  })
  const nameOf = (level: number) => `level${level}`
  for (let level = 0; level <= levels; level++) {
    const state: State = {
      run: () => void menu.session.set('level', String(level)).then(() => menu.con(screenOf(level))),
      next: { 1: nameOf(Math.min(level + 1, levels)), 2: 'goodbye' },
    }
    if (level === 0) menu.startState(state)
    else menu.state(nameOf(level), state)
  }
  menu.state('goodbye', { run: () => menu.end(LAST_SCREEN) })
  return menu
}
