import { coverageText } from '../../menu-analysis/coverage/text.ts'
import type { ModelSpec } from '../../exploration/model-spec.ts'
import { formatCount } from './explore.ts'
import type { ExplorationResult } from './explore.ts'
import { describeViolations } from './violations.ts'

/** The report of an exploration. `missing`: the codes of menus without a model. Ends in a line feed. */
export function summaryOf<World>(
  result: ExplorationResult<World>,
  specs: readonly ModelSpec<World>[],
  missing: readonly string[],
): string {
  const { paths, turns, measured, searched, passed, failed, leftOut, unsteady } = result
  const lines = [
    ...describeViolations(result.violations, specs),
    coverageText(result.coverage, missing.length > 0 ? 'explored menus' : 'all menus'),
    `${formatCount(paths)} paths, ${formatCount(turns)} turns, ${formatCount(measured)} texts measured; ` +
      `${formatCount(searched.records)} records and ${formatCount(searched.lines)} lines of the log searched for secrets`,
    ...list('--limit left out:', leftOut),
    ...list('Failed once, and passed when replayed alone:', unsteady),
    ...list(
      'Not explored:',
      missing.map((code) => `${code}: no model. Add one to menus/models.ts.`),
    ),
    `${passed} passed, ${failed} failed`,
  ]
  return `${lines.join('\n')}\n`
}

const list = (heading: string, items: readonly string[]): readonly string[] =>
  items.length > 0 ? [heading, ...items.map((item) => `  ${item}`)] : []
