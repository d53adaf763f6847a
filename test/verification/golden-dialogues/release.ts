/**
 * Dialogues of a released version, as they were: what was typed, what was shown, and where each rested in the store. Later
 * versions are held against them (decision 0038). Every secret in them was made up.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { languages } from '../../../src/engine/authoring.ts'
import { SubscriberFields } from '../../../src/gateway/records/subscriber.ts'

/** What dialogues depend on, and change, of a subscriber. */
const Standing = SubscriberFields.pick({ access: true, puk1AttemptsLeft: true })
export type Standing = Readonly<z.infer<typeof Standing>>

const Turn = z.object({
  /** Null: the code is dialled. */
  typed: z.string().nullable(),
  screen: z.string(),
  state: z.enum(['waiting', 'ended']),
  asksSecret: z.literal(true).exactOptional(),
  /** Where the stored session rests after the turn; left out where it rests as before; null: it has ended. */
  rests: z.object({ value: z.unknown(), context: z.unknown() }).nullable().exactOptional(),
  /** The subscriber after the turn; left out where it is as before. */
  subscriber: Standing.exactOptional(),
})
export type Turn = Readonly<z.infer<typeof Turn>>

const Dialogue = z.object({
  name: z.string(),
  /** E.164 with `+`. */
  msisdn: z.string(),
  dialled: z.string(),
  weakPasswords: z.enum(['warn', 'reject', 'allow']),
  subscriber: Standing,
  turns: z.array(Turn).min(1),
})
export type Dialogue = Readonly<z.infer<typeof Dialogue>>

const Recording = z.object({
  version: z.string(),
  menu: z.string(),
  revision: z.string(),
  language: z.enum(languages),
  /** Base64 of 32 bytes: what is sealed in a context is sealed with it. */
  secretsKey: z.string(),
  puk1: z.string(),
  dialogues: z.array(Dialogue),
})
/** All dialogues of one menu in one language. */
export type Recording = Readonly<z.infer<typeof Recording>>

/** Versions that were recorded in a folder, oldest first: a folder each, `1.2.3`. */
export function versionsIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isVersion(entry.name))
    .map(({ name }) => name)
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

export const isVersion = (text: string): boolean => /^\d+\.\d+\.\d+$/.test(text)

/** Throws where a file is none of these. */
export function readRelease(folder: string, version: string): readonly Recording[] {
  const files = readdirSync(join(folder, version)).filter((file) => file.endsWith('.json'))
  return files
    .toSorted()
    .map((file) => Recording.parse(JSON.parse(readFileSync(join(folder, version, file), 'utf8'))))
}

/** One file for each menu and language, a dialogue a line: `141-3-6-be.json`. Returns the paths and their sizes. */
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
