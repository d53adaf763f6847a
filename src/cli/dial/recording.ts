import type { Writable } from 'node:stream'
import type { RecordDefinition } from '../../gateway/records/record.ts'
import { weakness } from '../../services/weak-password.ts'
import { createRecorder } from '../../walkthrough/recorder.ts'
import type { Recorder } from '../../walkthrough/recorder.ts'
import { writeScript } from '../../walkthrough/script/write.ts'
import { CommandError } from '../command-error.ts'
import type { RecordingFile } from './recording-file.ts'
import type { DialTarget } from './target.ts'

/**
 * Records the dialogues of one phone. `save` writes them as a test script and prints the command that runs it; it throws
 * `CommandError` when nothing was dialled or the file cannot be written.
 */
export function startRecording(
  file: RecordingFile,
  msisdn: string,
  /** The codes of the menus and the record. */
  { codes, record }: { readonly codes: readonly string[]; readonly record: RecordDefinition },
  target: Pick<DialTarget, 'getSubscriber'>,
  /** Options of the simulated network: a script does not hold them. */
  networkOptions: readonly string[],
  stderr: Writable,
): { readonly recorder: Recorder; save(): void } {
  const thisYear = new Date().getUTCFullYear()
  const recorder = createRecorder({
    msisdn,
    codes,
    record,
    look: () => target.getSubscriber(msisdn),
    weaknessOf: (digits, number) => weakness(digits, { msisdn: number, thisYear }),
  })
  return {
    recorder,
    save() {
      const walkthrough = recorder.walkthrough()
      if (!walkthrough) throw new CommandError('nothing was dialled, so nothing was recorded', 1)
      file.write(writeScript(walkthrough))
      const skipped = recorder.skippedDialogues()
      stderr.write(
        [
          `Recorded in ${file.path}.`,
          walkthrough.handsets['subscriber']?.fixture
            ? `Run it: ussd walk ${[file.path, ...networkOptions].join(' ')}`
            : "The subscriber's record could not be read: add a subscriber to the script before you run it elsewhere.",
          skipped > 0 ? `Not recorded: ${skipped} ${skipped === 1 ? 'dialogue' : 'dialogues'}.` : '',
        ]
          .filter((line) => line !== '')
          .join('\n') + '\n',
      )
    },
  }
}
