/** Phones whose dialogues are written down as walkthroughs, from the moment somebody asks for it. */
import { createRecorder } from '../../walkthrough/recorder.ts'
import type { Recorder, RecordedSubscriber } from '../../walkthrough/recorder.ts'
import { writeScript } from '../../walkthrough/script/write.ts'

/** More phones than anybody records at once; then the oldest recording goes. */
const MOST_RECORDINGS = 100

export interface Recordings {
  /** Every input of this phone is written down from now on. What was recorded before stays. */
  begin(msisdn: string): void
  typed(msisdn: string, entry: Parameters<Recorder['typed']>[0]): Promise<void>
  hungUp(msisdn: string): void
  /** The script so far, YAML; undefined where nothing was dialled since the recording began. */
  script(msisdn: string): string | undefined
  forget(msisdn: string): void
}

export function createRecordings(options: {
  readonly codes: readonly string[]
  readonly look: (msisdn: string) => Promise<RecordedSubscriber | undefined>
  readonly weaknessOf: (digits: string, msisdn: string) => string | undefined
}): Recordings {
  const { codes, look, weaknessOf } = options
  const recorders = new Map<string, Recorder>()
  return {
    begin(msisdn) {
      if (recorders.has(msisdn)) return
      const [oldest] = recorders.keys()
      if (recorders.size >= MOST_RECORDINGS && oldest !== undefined) recorders.delete(oldest)
      recorders.set(msisdn, createRecorder({ msisdn, codes, look: () => look(msisdn), weaknessOf }))
    },
    typed: async (msisdn, entry) => recorders.get(msisdn)?.typed(entry),
    hungUp: (msisdn) => recorders.get(msisdn)?.hungUp(),
    script(msisdn) {
      const walkthrough = recorders.get(msisdn)?.walkthrough()
      return walkthrough && writeScript(walkthrough)
    },
    forget: (msisdn) => void recorders.delete(msisdn),
  }
}
