import { exampleNumber } from '../../ussd/example-number.ts'
import type { Numbering } from '../../ussd/numbering.ts'
import type { Walkthrough } from '../../walkthrough/script/walkthrough.ts'
import { CommandError } from '../command-error.ts'

/**
 * Gives a phone without a number one of the project.
 *
 * @throws CommandError when a phone has a number that the project does not serve
 */
export function withNumbersOf(
  numbering: Numbering,
  walkthroughs: readonly Walkthrough[],
): readonly Walkthrough[] {
  const problems = walkthroughs.flatMap(({ file, line, title, handsets }) =>
    Object.entries(handsets)
      .filter(([, phone]) => !phone.isDefault && numbering.parse(phone.msisdn).kind === 'reject')
      .map(([name]) => `${file}:${line}: ${title}: the number of ${name} ${numbering.requirement}`),
  )
  if (problems.length > 0) throw new CommandError(problems.join('\n'), 2)
  const msisdn = exampleNumber(numbering)
  return walkthroughs.map((walkthrough) => ({
    ...walkthrough,
    handsets: Object.fromEntries(
      Object.entries(walkthrough.handsets).map(([name, phone]) => [
        name,
        phone.isDefault ? { ...phone, msisdn } : phone,
      ]),
    ),
  }))
}
