/** `npm run release:record`: records the dialogues of a version, and checks later versions against them. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { menus } from '../../menus/index.ts'
import { defineCommand, print } from '../../src/cli/command.ts'
import type { ExitCode } from '../../src/cli/command.ts'
import { CommandError } from '../../src/cli/command-error.ts'
import { record } from './golden-dialogues/record.ts'
import { isVersion, readRelease, versionsIn, writeRelease } from './golden-dialogues/release.ts'
import { progress } from '../support/harness.ts'
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

async function main({ release, to, replace, check }: Options): Promise<ExitCode> {
  if (check) return compareAll(to)
  if (release === undefined)
    throw new CommandError('Name the version to record with --release, or use --check.', 2)
  const folder = join(to, release)
  if (existsSync(folder)) {
    if (!replace)
      throw new CommandError(`${folder} exists. Use --replace only if ${release} is not released yet.`, 1)
    rmSync(folder, { recursive: true })
  }
  const recordings = await record({ version: release, menus, progress })
  const files = writeRelease(to, recordings)
  const dialogues = recordings.flatMap((recording) => recording.dialogues)
  const turns = dialogues.reduce((sum, dialogue) => sum + dialogue.turns.length, 0)
  const kB = Math.ceil(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1000)
  print(
    ...files.map(({ path }) => path),
    `${release}: ${dialogues.length} dialogues, ${turns} turns, ${kB} kB`,
  )
  return 0
}

/** Compares the current menus with every recording; only the latest one must show the same texts. */
async function compareAll(folder: string): Promise<ExitCode> {
  const versions = versionsIn(folder)
  let [dialogues, turns] = [0, 0]
  const differences: string[] = []
  for (const version of versions) {
    const compare = version === versions.at(-1) ? 'screens' : 'states'
    for (const recording of readRelease(folder, version)) {
      const compared = await compareWith(recording, { menus, compare })
      dialogues += compared.dialogues
      turns += compared.turns
      differences.push(...compared.differences)
    }
  }
  print(
    ...differences.slice(0, MAX_PRINTED),
    `${dialogues} dialogues, ${turns} turns: ${differences.length} differences`,
  )
  return dialogues > 0 && differences.length === 0 ? 0 : 1
}

const command = defineCommand<Options>({
  name: 'release:record',
  program: 'npm run',
  summary: 'Records the dialogues of this version: every screen, and the stored session after every turn.',
  configure: (command) =>
    command
      .option('--release <version>', 'the version to record', version)
      .option('--to <folder>', 'the folder of the recordings', 'test/verification/golden-dialogues/releases')
      .option('--replace', 'overwrite a recording of a version that is not released yet')
      .option('--check', 'compare the current menus with all recordings instead'),
  details: `The check replays the latest recording on the current menus and resumes the dialogues of every recording in the middle. A
changed text fails it; if the change is intended, record the version that will contain it.

Examples:
  npm run release:record -- --release 0.3.0
  npm run release:record -- --check`,
  exitCodes: { 0: 'recorded or equal', 1: 'already recorded, not writable or different' },
  run: main,
})
await command.run(process.argv.slice(2))
