/** Files a walk is asked for: scripts, and the secrets of subscribers that are taken as they are registered. */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { msisdn } from '../../dialects/encoding/fields.ts'
import type { readScripts } from '../../walkthrough/script/read.ts'
import type { KnownSecrets } from '../../walkthrough/script/secrets.ts'
import type { Walkthrough } from '../../walkthrough/script/walkthrough.ts'
import { CommandError } from '../command-error.ts'

type Read = typeof readScripts
type Problem = Extract<ReturnType<Read>, { kind: 'malformed' }>['problems'][number]

/** The files that are named, and all scripts below the folders that are. Throws `Stop` for what is not there. */
export function filesIn(places: readonly string[]): readonly string[] {
  return places.flatMap((place) => {
    const found = statSync(place, { throwIfNoEntry: false })
    if (!found) throw new CommandError(`there is no file or folder ${place}`, 2)
    if (!found.isDirectory()) return [place]
    const files = readdirSync(place, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ya?ml$/.test(name))
      .toSorted()
    if (files.length === 0) throw new CommandError(`there is no script (*.yaml) in ${place}`, 2)
    return files.map((name) => join(place, name))
  })
}

/** Every walkthrough of the files in their order, and everything that is wrong with them. */
export function readAll(
  files: readonly string[],
  read: Read,
): { readonly walkthroughs: readonly Walkthrough[]; readonly problems: readonly Problem[] } {
  const walkthroughs: Walkthrough[] = []
  const problems: Problem[] = []
  for (const file of files) {
    const result = read(readFileSync(file, 'utf8'), file)
    if (result.kind === 'ok') walkthroughs.push(...result.walkthroughs)
    else problems.push(...result.problems)
  }
  return { walkthroughs, problems }
}

const Secrets = z.record(
  z.string(),
  z.strictObject({
    puk1: z
      .string()
      .regex(/^\d{8}$/, { error: 'is 8 digits' })
      .optional(),
    password: z
      .string()
      .regex(/^\d{5,10}$/, { error: 'is 5 to 10 digits' })
      .optional(),
  }),
)

/** `'+375291234567': { puk1: '…', password: '…' }`, a line for each. Throws `Stop`; it quotes nothing of the file. */
export function readSecrets(file: string): KnownSecrets {
  try {
    const given = Secrets.parse(parse(readFileSync(file, 'utf8'), { schema: 'failsafe' }))
    return Object.fromEntries(Object.entries(given).map(([number, known]) => [msisdn.parse(number), known]))
  } catch {
    throw new CommandError(
      `${file} is not of the form '+375291234567': { puk1: '8 digits', password: '5-10 digits' }`,
      2,
    )
  }
}
