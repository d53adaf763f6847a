/** `npm run release:record`: records the dialogues of a version, and checks later versions against them. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stderr, stdout } from 'node:process'
import { Command, InvalidArgumentError } from 'commander'
import { menus } from '../../menus/index.ts'
import { runCommand } from '../../src/cli/command.ts'
import { CommandError } from '../../src/cli/command-error.ts'
import { record } from './golden-dialogues/record.ts'
import { isVersion, readRelease, versionsIn, writeRelease } from './golden-dialogues/release.ts'
import { createDigestArgon2 } from '../support/digest-argon2.ts'
import { compareWith } from './golden-dialogues/differences.ts'

const MAX_PRINTED = 3

interface Options {
  readonly release?: string
  readonly to: string
  readonly replace?: true
  readonly check?: true
}

function version(value: string): string {
  if (!isVersion(value)) throw new InvalidArgumentError('Expected a version such as 1.2.3.')
  return value
}

const command = new Command('npm run release:record --')
  .description(
    'Records the dialogues of this version: every screen, and the stored session after every turn.',
  )
  .option('--release <version>', 'the version to record', version)
  .option('--to <folder>', 'the folder of the recordings', 'test/verification/golden-dialogues/releases')
  .option('--replace', 'overwrite a recording of a version that is not released yet')
  .option('--check', 'compare the current menus with all recordings instead')
  .addHelpText(
    'after',
    `
The check replays the latest recording on the current menus and resumes the dialogues of every recording in the middle. A
changed text fails it; if the change is intended, record the version that will contain it.

Examples:
  npm run release:record -- --release 0.3.0
  npm run release:record -- --check

Exit code: 0 recorded or equal, 1 already recorded, not writable or different, 2 wrong usage.`,
  )
  .showHelpAfterError('(add --help for usage)')
  .exitOverride()

async function main(): Promise<0 | 1> {
  command.parse()
  const { release, to, replace, check } = command.opts<Options>()
  if (check) return (await compareAll(to)) ? 0 : 1
  if (release === undefined)
    throw new CommandError('Name the version to record with --release, or use --check.', 2)
  const folder = join(to, release)
  if (existsSync(folder)) {
    if (!replace)
      throw new CommandError(`${folder} exists. Use --replace only if ${release} is not released yet.`, 1)
    rmSync(folder, { recursive: true })
  }
  const recordings = await record({
    version: release,
    menus,
    progress: (line) => stderr.write(`${line}\n`),
  })
  const files = writeRelease(to, recordings)
  const dialogues = recordings.flatMap((recording) => recording.dialogues)
  const turns = dialogues.reduce((sum, dialogue) => sum + dialogue.turns.length, 0)
  const kB = Math.ceil(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1000)
  for (const { path } of files) stdout.write(`${path}\n`)
  stdout.write(`${release}: ${dialogues.length} dialogues, ${turns} turns, ${kB} kB\n`)
  return 0
}

/** Compares the current menus with every recording; only the latest one has to show the same texts. */
async function compareAll(folder: string): Promise<boolean> {
  const versions = versionsIn(folder)
  const argon2 = createDigestArgon2()
  let [dialogues, turns] = [0, 0]
  const differences: string[] = []
  for (const version of versions) {
    const compare = version === versions.at(-1) ? 'screens' : 'states'
    for (const recording of readRelease(folder, version)) {
      const compared = await compareWith(recording, { menus, compare, argon2 })
      dialogues += compared.dialogues
      turns += compared.turns
      differences.push(...compared.differences)
    }
  }
  for (const difference of differences.slice(0, MAX_PRINTED)) stdout.write(`${difference}\n`)
  stdout.write(`${dialogues} dialogues, ${turns} turns: ${differences.length} differences\n`)
  return dialogues > 0 && differences.length === 0
}

await runCommand('release:record', main)
