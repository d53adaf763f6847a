/** Records the dialogues of simulated phones as test scripts. */
import { createRecorder } from '../../walkthrough/recorder.ts'
import type { RecordDefinition } from '../../gateway/records/record.ts'
import type { SubscriberView } from '../../services/subscribers.ts'
import type { Recorder } from '../../walkthrough/recorder.ts'
import { writeScript } from '../../walkthrough/script/write.ts'

/** Beyond this the oldest recording is deleted. */
const MAX_RECORDINGS = 100

export interface Recordings {
  /** Starts a recording. Keeps one in progress. */
  begin(msisdn: string): void
  recordInput(msisdn: string, entry: Parameters<Recorder['recordInput']>[0]): Promise<void>
  recordHangUp(msisdn: string): void
  /** The script so far, as YAML; undefined when nothing was dialled. */
  script(msisdn: string): string | undefined
  forget(msisdn: string): void
}

export function createRecordings(options: {
  readonly codes: readonly string[]
  readonly record: RecordDefinition
  readonly getSubscriber: (msisdn: string) => Promise<SubscriberView | undefined>
  readonly weaknessOf: (digits: string, msisdn: string) => string | undefined
}): Recordings {
  const { codes, record, getSubscriber, weaknessOf } = options
  const recorders = new Map<string, Recorder>()
  return {
    begin(msisdn) {
      if (recorders.has(msisdn)) return
      const [oldest] = recorders.keys()
      if (recorders.size >= MAX_RECORDINGS && oldest !== undefined) recorders.delete(oldest)
      recorders.set(
        msisdn,
        createRecorder({ msisdn, codes, record, look: () => getSubscriber(msisdn), weaknessOf }),
      )
    },
    recordInput: async (msisdn, entry) => recorders.get(msisdn)?.recordInput(entry),
    recordHangUp: (msisdn) => recorders.get(msisdn)?.recordHangUp(),
    script(msisdn) {
      const walkthrough = recorders.get(msisdn)?.walkthrough()
      return walkthrough && writeScript(walkthrough)
    },
    forget: (msisdn) => void recorders.delete(msisdn),
  }
}
