import { PassThrough } from 'node:stream'
import shippedProject from '../../menus/index.ts'
import { startApp } from '../../src/app.ts'
import type { App, AppOverrides } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import type { ServedProject } from '../../src/project.ts'
import { createDigestArgon2 } from './digest-argon2.ts'

export interface Running extends App {
  readonly url: string
  /** Every line of the log so far. */
  log(): string
  /** Sends a callback in the Africa's Talking dialect. Omits fields that are `undefined`. */
  call(fields: Readonly<Record<string, string | undefined>>, init?: RequestInit): Promise<CallbackResponse>
}

export interface CallbackResponse {
  readonly status: number
  readonly type: string | null
  readonly body: string
}

/**
 * Starts the gateway of `npm start` on a free port, with fast hashes: test/services/hashing tests the real ones. `menus`: instead
 * of those of the project.
 */
export async function startGateway(
  env: Readonly<Record<string, string>> = {},
  given: AppOverrides & {
    readonly project?: ServedProject
    readonly menus?: ServedProject['codes']
  } = {},
): Promise<Running> {
  const { project = shippedProject, menus = project.codes, ...overrides } = given
  const lines: Buffer[] = []
  const logStream = new PassThrough().on('data', (line: Buffer) => void lines.push(line))
  const core = { argon2: createDigestArgon2(), ...overrides.core }
  const app = startApp(
    loadConfig({ PORT: '0', ...env }),
    { ...project, codes: menus },
    { logStream, ...overrides, core },
  )
  const { url } = await app.listen()
  return {
    ...app,
    url,
    log: () => Buffer.concat(lines).toString(),
    async call(fields, init = {}) {
      const form = new URLSearchParams()
      const all = {
        sessionId: 'ATUid_1',
        phoneNumber: '+375291234567',
        networkCode: '25701',
        serviceCode: '*141*0#',
        text: '',
        ...fields,
      }
      for (const [name, value] of Object.entries(all)) if (value !== undefined) form.append(name, value)
      const response = await fetch(`${url}/ussd/africastalking`, { method: 'POST', body: form, ...init })
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        body: await response.text(),
      }
    },
  }
}
