/**
 * Recorded dialogues of a released version: inputs, screens and stored sessions. Later versions are compared with them (decision
 * 0038). Every secret in them is generated.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { languages } from '../../../menus/languages.ts'
import { accessStates } from '../../../menus/record.ts'

/** The fields of a subscriber that dialogues read and change. */
const SubscriberState = z.object({ access: z.enum(accessStates), puk1AttemptsLeft: z.number().int() })
export type SubscriberState = Readonly<z.infer<typeof SubscriberState>>

const Turn = z.object({
  /** Null when the code is dialled. */
  typed: z.string().nullable(),
  screen: z.string(),
  state: z.enum(['waiting', 'ended']),
  asksSecret: z.literal(true).exactOptional(),
  /** The stored machine state after the turn. Omitted if unchanged; null when the session has ended. */
  rests: z.object({ value: z.unknown(), context: z.unknown() }).nullable().exactOptional(),
  /** The subscriber after the turn. Omitted if unchanged. */
  subscriber: SubscriberState.exactOptional(),
})
export type Turn = Readonly<z.infer<typeof Turn>>

const Dialogue = z.object({
  name: z.string(),
  /** E.164 with `+`. */
  msisdn: z.string(),
  dialled: z.string(),
  weakPasswords: z.enum(['warn', 'reject', 'allow']),
  subscriber: SubscriberState,
  turns: z.array(Turn).min(1),
})
export type Dialogue = Readonly<z.infer<typeof Dialogue>>

const Recording = z.object({
  version: z.string(),
  menu: z.string(),
  revision: z.string(),
  language: z.enum(languages),
  /** Base64 of 32 bytes: the key that sealed the secrets in the contexts. */
  secretsKey: z.string(),
  puk1: z.string(),
  dialogues: z.array(Dialogue),
})
/** All dialogues of one menu in one language. */
export type Recording = Readonly<z.infer<typeof Recording>>

/** Lists the recorded versions in a folder, oldest first. Each has its own folder, such as `1.2.3`. */
export function versionsIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isVersion(entry.name))
    .map(({ name }) => name)
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

export const isVersion = (text: string): boolean => /^\d+\.\d+\.\d+$/.test(text)

/** Reads all recordings of a version. Throws when a file is malformed. */
export function readRelease(folder: string, version: string): readonly Recording[] {
  const files = readdirSync(join(folder, version)).filter((file) => file.endsWith('.json'))
  return files
    .toSorted()
    .map((file) => Recording.parse(JSON.parse(readFileSync(join(folder, version, file), 'utf8'))))
}

/**
 * Writes one file for each menu and language, such as `141-3-6-be.json`, with one dialogue on each line. Returns the paths and
 * sizes.
 */
export function writeRelease(
  folder: string,
  recordings: readonly Recording[],
): readonly { readonly path: string; readonly bytes: number }[] {
  return recordings.map((recording) => {
    const { dialogues, ...head } = recording
    mkdirSync(join(folder, head.version), { recursive: true })
    const code = head.menu.replace(/[*#]+/g, '-').replace(/^-|-$/g, '')
    const path = join(folder, head.version, `${code}-${head.language}.json`)
    const lines = dialogues.map((dialogue) => `    ${JSON.stringify(dialogue)}`).join(',\n')
    const text = `${JSON.stringify(head, null, 2).replace(/\n\}$/, '')},\n  "dialogues": [\n${lines}\n  ]\n}\n`
    writeFileSync(path, text)
    return { path, bytes: Buffer.byteLength(text) }
  })
}
