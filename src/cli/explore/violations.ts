/** Violations as they are printed: a sentence, and the shortest dialogue that shows it, to be walked again. */
import { systemMessages } from '../../gateway/system-messages.ts'
import { curlScript } from '../../walkthrough/curl.ts'
import { createModel } from '../../exploration/dialogue.ts'
import { walkthroughOf } from '../../exploration/script.ts'
import type { ModelSpec } from '../../exploration/model-spec.ts'
import { sentenceOf, shortest } from '../../exploration/violation.ts'
import type { Violation } from '../../exploration/violation.ts'
import type { Walkthrough } from '../../walkthrough/script/walkthrough.ts'
import { writeScript } from '../../walkthrough/script/write.ts'

/** Whose phone the printed dialogue is walked on: a subscriber of the demonstration. */
const MSISDN = '+375291234567'

/** More than these are seldom more than one mistake. */
const MOST_SHOWN = 5

/** One text for each that is different, the shortest dialogues first; the first few with the dialogue, the others named. */
export const describeViolations = <World>(
  violations: readonly Violation<World>[],
  subjects: readonly ModelSpec<World>[],
): readonly string[] =>
  shortest(violations).map(({ violation, more }, at) => {
    const walkthrough = at < MOST_SHOWN ? walkthroughFor(violation, subjects) : undefined
    const others = more === 0 ? '' : `\nThe same in ${more} more.`
    return [
      `✗ ${sentenceOf(violation)}${others}`,
      ...(walkthrough ? [writeScript(walkthrough), curlScript([walkthrough])] : []),
    ].join('\n\n')
  })

function walkthroughFor<World>(
  { code, language, origin: from, moves, script }: Violation<World>,
  subjects: readonly ModelSpec<World>[],
): Walkthrough | undefined {
  const subject = subjects.find(({ menu }) => menu.code === code)
  const origin = subject?.origins.find(({ name }) => name === from)
  if (!subject || !origin) return undefined
  const model = createModel(subject, language)
  const { notUnderstood } = systemMessages
  return walkthroughOf({ model, origin, moves, msisdn: MSISDN, notUnderstood, script })
}
