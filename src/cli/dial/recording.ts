/** What is done on the phone in the terminal, written down as a script. */
import { writeFileSync } from 'node:fs'
import { stderr } from 'node:process'
import { menus } from '../../../menus/index.ts'
import { weakness } from '../../services/weak-password.ts'
import { createRecorder } from '../../walkthrough/recorder.ts'
import type { Recorder } from '../../walkthrough/recorder.ts'
import { writeScript } from '../../walkthrough/script/write.ts'
import { CommandError } from '../command-error.ts'
import type { DialTarget } from './site.ts'

/** Records one phone; `writeDown` puts the script into the file, and says how it is walked. Throws `Stop` where it cannot. */
export function startRecording(
  file: string,
  msisdn: string,
  site: Pick<DialTarget, 'look'>,
  /** Options by which the network was told what to do wrong, and how it shows screens: they are none of the script's. */
  network: readonly string[],
): { readonly recorder: Recorder; writeDown(): void } {
  const thisYear = new Date().getUTCFullYear()
  const recorder = createRecorder({
    msisdn,
    codes: Object.keys(menus),
    look: () => site.look(msisdn),
    weaknessOf: (digits, number) => weakness(digits, { msisdn: number, thisYear }),
  })
  return {
    recorder,
    writeDown() {
      const walkthrough = recorder.walkthrough()
      if (!walkthrough) throw new CommandError('nothing was dialled, so nothing is recorded', 1)
      try {
        writeFileSync(file, writeScript(walkthrough))
      } catch (error) {
        throw new CommandError(
          `${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? 'it failed'}`,
          1,
        )
      }
      const hint = walkthrough.handsets['subscriber']?.fixture
        ? `npm run walk -- ${[file, ...network].join(' ')}`
        : 'the record of its subscriber could not be seen: add a subscriber before it is walked elsewhere'
      const left = recorder.leftOut()
      const without = left === 0 ? '' : ` Not written down: ${left} ${left === 1 ? 'dialogue' : 'dialogues'}.`
      stderr.write(`Recorded in ${file}: ${hint}${without}\n`)
    },
  }
}
