import type { WalkResult } from '../run/result.ts'
import { html, pageOf, trusted } from './markup.ts'
import type { Html } from './markup.ts'
import { pageStyle } from './page-style.ts'
import { locationOf, oneLine, countsOf } from './words.ts'
import { stepsOf } from './steps.ts'

/** The coverage of a menu. The SVG goes into the page unescaped, so it must be generated here. */
export interface DrawnCoverage {
  readonly menu: string
  readonly summary: string
  readonly svg: string
}

/**
 * Returns a run as one self-contained page, without scripts or requests. Failed walkthroughs come first and are open. All text is
 * escaped.
 *
 * @param run `ranAt`: the start of the run; `target`: a description or the address of the target
 */
export function htmlOf(run: {
  readonly results: readonly WalkResult[]
  readonly ranAt: Date
  readonly target: string
  readonly coverage?: readonly DrawnCoverage[]
}): string {
  const { results, coverage = [] } = run
  const failed = results.filter(({ verdict }) => verdict === 'failed')
  const passed = results.filter(({ verdict }) => verdict === 'passed')
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <link rel="icon" href="data:," />
      <title>Walkthroughs: ${countsOf(results)}</title>
      <style>
        ${trusted(pageStyle)}
      </style>
    </head>
    <body>
      ${headerOf({ ...run, failed, passed })}
      <main>${listOf('Failed', failed)} ${listOf('Passed', passed)} ${coverageOf(coverage)}</main>
    </body>
  </html>`
  return `<!DOCTYPE html>\n${pageOf(page)}\n`
}

/** A second defence, in case a text is ever not escaped. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

function headerOf(run: {
  readonly results: readonly WalkResult[]
  readonly failed: readonly WalkResult[]
  readonly passed: readonly WalkResult[]
  readonly ranAt: Date
  readonly target: string
}): Html {
  const { results, failed, passed, ranAt, target } = run
  const dialects = [...new Set(results.map(({ dialect }) => oneLine(dialect)))].join(', ')
  const ms = results.reduce((sum, result) => sum + result.ms, 0)
  const facts: readonly (readonly [string, string | Html])[] = [
    ['Total time', durationOf(ms)],
    [dialects.includes(', ') ? 'Dialects' : 'Dialect', dialects || 'none'],
    ['Target', oneLine(target)],
    ['Started', html`<time datetime="${ranAt.toISOString()}">${dateOf(ranAt)}</time>`],
  ]
  return html`<header>
    <h1>Walkthroughs</h1>
    <p class="tally">
      <span class="passed"><b>${passed.length}</b> passed,</span>
      <span class="${failed.length > 0 ? 'failed' : 'none'}"><b>${failed.length}</b> failed</span>
    </p>
    <div class="bar" aria-hidden="true">
      <i class="failed" style="flex-grow:${failed.length}"></i
      ><i class="passed" style="flex-grow:${passed.length}"></i>
    </div>
    <dl>
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  </header>`
}

function listOf(heading: string, results: readonly WalkResult[]): Html | undefined {
  if (results.length === 0) return undefined
  return html`<section>
    <h2>${heading}</h2>
    ${results.map(walkthroughOf)}
  </section>`
}

function walkthroughOf(result: WalkResult): Html {
  const { walkthrough, verdict, dialect, ms, notes, postconditions } = result
  const location = locationOf(result)
  const phones = Object.entries(walkthrough.handsets).map(([name, { msisdn }]) =>
    Object.keys(walkthrough.handsets).length > 1 ? `${name} ${msisdn}` : msisdn,
  )
  const facts = [
    ...walkthrough.rules,
    dialect,
    durationOf(ms),
    ...phones,
    ...(location === undefined ? [] : [location]),
  ]
  const open = verdict === 'failed' ? html`open=""` : undefined
  return html`<details class="walkthrough ${verdict}" ${open}>
    <summary>
      <h3><span class="unseen">${verdict}: </span>${oneLine(walkthrough.title)}</h3>
      <span class="facts">${facts.map((fact) => html`<span>${oneLine(fact)}</span> `)}</span>
    </summary>
    <div class="body">
      ${notes.map((note) => html`<p class="note">${oneLine(note)}</p>`)} ${stepsOf(result)}
      ${postconditions.map(({ message }) => html`<p class="why"><b>${oneLine(message)}</b></p>`)}
    </div>
  </details>`
}

function coverageOf(coverage: readonly DrawnCoverage[]): Html | undefined {
  if (coverage.length === 0) return undefined
  return html`<section>
    <h2>Coverage</h2>
    ${coverage.map(
      ({ menu, summary, svg }) =>
        html`<details class="coverage">
          <summary>
            <h3>${oneLine(menu)}</h3>
            <span class="facts"><span>${oneLine(summary)}</span></span>
          </summary>
          <div class="body picture">${trusted(svg.slice(Math.max(0, svg.indexOf('<svg'))))}</div>
        </details>`,
    )}
  </section>`
}

function durationOf(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

const dateOf = (date: Date): string =>
  `${new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(date)} UTC`
