/** npm run release:record: writes down the dialogues of this version, against which later ones are held. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stderr, stdout } from 'node:process'
import { Command, InvalidArgumentError } from 'commander'
import { menus } from '../../menus/index.ts'
import { runCommand } from '../../src/cli/command.ts'
import { CommandError } from '../../src/cli/command-error.ts'
import { record } from './golden-dialogues/record.ts'
import { isVersion, writeRelease } from './golden-dialogues/release.ts'

interface Given {
  readonly release: string
  readonly to: string
  readonly replace?: true
}

function version(value: string): string {
  if (!isVersion(value)) throw new InvalidArgumentError('It is of the form 1.2.3.')
  return value
}

const command = new Command('npm run release:record --')
  .description(
    'Writes down the dialogues of this version: every screen, and where each dialogue rests in the store.',
  )
  .requiredOption('--release <version>', 'the version that will have them', version)
  .option('--to <folder>', 'where releases are kept', 'test/verification/golden-dialogues/releases')
  .option('--replace', 'record a version anew that was not released yet')
  .addHelpText(
    'after',
    `
npm test plays the last of them on the menus as they are, and takes up the dialogues of all of them where they rested. A text
that was changed fails there; if it is meant, record the version that will have it.

Examples:
  npm run release:record -- --release 0.3.0

Exit code: 0 recorded, 1 it was recorded before or cannot be written, 2 called wrongly.`,
  )
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride()

async function main(): Promise<0> {
  command.parse()
  const { release, ...given } = command.opts<Given>()
  const folder = join(given.to, release)
  if (existsSync(folder)) {
    if (!given.replace) {
      throw new CommandError(
        `${folder} is there: what was released is not recorded anew (--replace, if it was not)`,
        1,
      )
    }
    rmSync(folder, { recursive: true })
  }
  const recordings = await record({
    version: release,
    menus,
    progress: (line) => stderr.write(`${line}\n`),
  })
  const files = writeRelease(given.to, recordings)
  const dialogues = recordings.flatMap((recording) => recording.dialogues)
  const turns = dialogues.reduce((sum, dialogue) => sum + dialogue.turns.length, 0)
  const kB = Math.ceil(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1000)
  for (const { path } of files) stdout.write(`${path}\n`)
  stdout.write(`${release}: ${dialogues.length} dialogues, ${turns} turns, ${kB} kB\n`)
  return 0
}

await runCommand('release:record', main)
