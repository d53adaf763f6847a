/** Reads the files of a run: scripts, and the secrets of registered subscribers. */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { describeDigits, digitsPattern } from '../../gateway/records/record.ts'
import type { RecordDefinition } from '../../gateway/records/record.ts'
import { msisdnOf } from '../../dialects/encoding/fields.ts'
import { scriptNumbering } from '../../walkthrough/script/numbers.ts'
import type { readScripts } from '../../walkthrough/script/read.ts'
import type { KnownSecrets } from '../../walkthrough/script/secrets.ts'
import type { Walkthrough } from '../../walkthrough/script/walkthrough.ts'
import { CommandError } from '../command-error.ts'

type Read = (text: string, file: string) => ReturnType<typeof readScripts>
type Problem = Extract<ReturnType<Read>, { kind: 'malformed' }>['problems'][number]

/** Lists these files, and all scripts below these folders. Throws `CommandError` for a path that does not exist. */
export function filesIn(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (!found) throw new CommandError(`${path}: no such file or folder`, 2)
    if (!found.isDirectory()) return [path]
    const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ya?ml$/.test(name))
      .toSorted()
    if (files.length === 0) throw new CommandError(`${path}: no script (*.yaml) in this folder`, 2)
    return files.map((name) => join(path, name))
  })
}

/** Reads the walkthroughs of all files, in order, with the problems of all files. Throws `CommandError` for an unreadable file. */
export function readAll(
  files: readonly string[],
  read: Read,
): { readonly walkthroughs: readonly Walkthrough[]; readonly problems: readonly Problem[] } {
  const walkthroughs: Walkthrough[] = []
  const problems: Problem[] = []
  for (const file of files) {
    const result = read(textOf(file), file)
    if (result.kind === 'ok') walkthroughs.push(...result.walkthroughs)
    else problems.push(...result.problems)
  }
  return { walkthroughs, problems }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`, 2)
  }
}

const phone = msisdnOf(scriptNumbering)

/**
 * Reads lines of `'+375291234567': { pin: '1234' }`, with the secrets of the record. Throws `CommandError`, which never quotes
 * the file.
 */
export function readSecrets(file: string, { secrets }: RecordDefinition): KnownSecrets {
  const forms = Object.entries(secrets)
  const Known = z.record(
    z.string(),
    z.strictObject(
      Object.fromEntries(
        forms.map(([name, form]) => [
          name,
          z
            .string()
            .regex(new RegExp(`^${digitsPattern(form)}$`))
            .optional(),
        ]),
      ),
    ),
  )
  try {
    const known = Known.parse(parse(readFileSync(file, 'utf8'), { schema: 'failsafe' }))
    return Object.fromEntries(Object.entries(known).map(([number, of]) => [phone.parse(number), of]))
  } catch {
    const example = forms.map(([name, form]) => `${name}: '${describeDigits(form).replace(' to ', '-')}'`)
    throw new CommandError(
      `${file}: must be a YAML map with lines of the form '+375291234567': { ${example.join(', ')} }`,
      2,
    )
  }
}
