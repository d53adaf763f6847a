import { coverageText } from '../../menu-analysis/coverage/text.ts'
import type { Project } from '../../gateway/project.ts'
import { curlScript } from '../../walkthrough/curl.ts'
import { createModel } from '../../exploration/dialogue.ts'
import { walkthroughOf } from '../../exploration/script.ts'
import type { ModelSpec } from '../../exploration/model-spec.ts'
import type { NotUnderstood } from '../../exploration/texts.ts'
import { DEMO_MSISDN, exampleNumber } from '../../ussd/example-number.ts'
import { violationMessage, shortest } from '../../exploration/violation.ts'
import type { Violation } from '../../exploration/violation.ts'
import type { Walkthrough } from '../../walkthrough/script/walkthrough.ts'
import { writeScript } from '../../walkthrough/script/write.ts'
import { formatCount } from './explore.ts'
import type { ExplorationResult } from './explore.ts'

/** The report of an exploration. `missing`: the codes of menus without a model. Ends in a line feed. */
export function summaryOf<World>(
  result: ExplorationResult<World>,
  { messages: { notUnderstood }, numbering }: Pick<Project, 'messages' | 'numbering'>,
  specs: readonly ModelSpec<World>[],
  missing: readonly string[],
): string {
  const { paths, turns, measured, searched, passed, failed, leftOut, unsteady } = result
  const lines = [
    ...describeViolations(result.violations, specs, notUnderstood, exampleNumber(numbering)),
    coverageText(result.coverage, missing.length > 0 ? 'explored menus' : 'all menus'),
    `${formatCount(paths)} paths, ${formatCount(turns)} turns, ${formatCount(measured)} texts measured; ` +
      `${formatCount(searched.records)} records and ${formatCount(searched.lines)} lines of the log searched for secrets`,
    ...list('--limit left out:', leftOut),
    ...list('Failed once, and passed when replayed alone:', unsteady),
    ...list(
      'Not explored:',
      missing.map((code) => `${code}: no model. Add one to the models of the project.`),
    ),
    `${passed} passed, ${failed} failed`,
  ]
  return `${lines.join('\n')}\n`
}

const list = (heading: string, items: readonly string[]): readonly string[] =>
  items.length > 0 ? [heading, ...items.map((item) => `  ${item}`)] : []

/** Violations printed with a dialogue. More rarely have another cause. */
const MAX_DIALOGUES = 5

/** Returns a text per distinct violation, the shortest dialogues first. The first few contain the dialogue. */
export const describeViolations = <World>(
  violations: readonly Violation<World>[],
  specs: readonly ModelSpec<World>[],
  notUnderstood: NotUnderstood,
  msisdn = DEMO_MSISDN,
): readonly string[] =>
  shortest(violations).map(({ violation, more }, at) => {
    const walkthrough =
      at < MAX_DIALOGUES ? walkthroughFor(violation, specs, { notUnderstood, msisdn }) : undefined
    const others = more === 0 ? '' : `\n${more} more dialogues violate it on this screen.`
    return [
      `✗ ${violationMessage(violation)}${others}`,
      ...(walkthrough ? [writeScript(walkthrough), curlScript([walkthrough])] : []),
    ].join('\n\n')
  })

function walkthroughFor<World>(
  { code, language, origin: from, moves, alphabet }: Violation<World>,
  specs: readonly ModelSpec<World>[],
  printed: { readonly notUnderstood: NotUnderstood; readonly msisdn: string },
): Walkthrough | undefined {
  const spec = specs.find(({ menu }) => menu.code === code)
  const origin = spec?.origins.find(({ name }) => name === from)
  if (!spec || !origin) return undefined
  const model = createModel(spec, language)
  return walkthroughOf({ model, origin, moves, alphabet, ...printed })
}
