/** The servers that the bench can start. A specification is sent to a server process over IPC. */

/** `fast`: the HTTP server of this gateway, its body reader and `node:querystring`. `stock`: Express as its guide shows it. */
export type HttpLayer = 'fast' | 'stock'

export type ServerSpec =
  | {
      readonly kind: 'ours'
      readonly settings: Readonly<Record<string, string>>
      readonly menus: number
      /** Serves the shipped menus, too. */
      readonly passwords: boolean
      /** Processes that share the port; above 1, the server process is their primary. */
      readonly workers: number
    }
  | {
      readonly kind: 'floor'
      readonly layer: HttpLayer
      readonly redisUrl: string
      /** Writes to Redis once for each iteration of the event loop. */
      readonly corked: boolean
    }
  | {
      readonly kind: 'peer'
      readonly library: PeerLibrary
      readonly layer: HttpLayer
      readonly redisUrl: string
    }

export type PeerLibrary = 'ussd-menu-builder' | 'ussd-builder'
