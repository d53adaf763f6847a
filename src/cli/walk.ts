/** npm run walk: walks scripted dialogues on a gateway, and says which of them went as they are to go. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stderr, stdout } from 'node:process'
import { CommanderError } from 'commander'
import { menus } from '../../menus/index.ts'
import { loadConfig } from '../config.ts'
import { isBelow } from '../menu-analysis/coverage/coverage.ts'
import { coverageText } from '../menu-analysis/coverage/text.ts'
import { watch } from '../menu-analysis/coverage/watch.ts'
import { curlScript } from '../walkthrough/curl.ts'
import { readDialoguss } from '../walkthrough/script/dialoguss.ts'
import { formatProblem, readScripts } from '../walkthrough/script/read.ts'
import { htmlOf } from '../walkthrough/reports/html.ts'
import { junitOf } from '../walkthrough/reports/junit.ts'
import { tapHead, tapOf, tapTail } from '../walkthrough/reports/tap.ts'
import type { WalkResult } from '../walkthrough/run/result.ts'
import { scriptJsonSchema } from '../walkthrough/script/schema.ts'
import { fillIn } from '../walkthrough/script/secrets.ts'
import type { Walkthrough } from '../walkthrough/script/walkthrough.ts'
import { writeScript } from '../walkthrough/script/write.ts'
import { runCommand } from './command.ts'
import { CommandError } from './command-error.ts'
import { isListening, parseAddress } from './dial/target.ts'
import { walkCommand } from './walk/command.ts'
import type { WalkOptions } from './walk/command.ts'
import { drawCoverage } from './walk/drawings.ts'
import { filesIn, readAll } from './walk/files.ts'
import { runAll } from './walk/pool.ts'
import { knownSecrets, tasksOf, weaknessOf, whyOnlyHere } from './walk/tasks.ts'

const PROGRESS_MS = 2000

const print = (...lines: readonly string[]) => void stdout.write(lines.map((line) => `${line}\n`).join(''))

/** Resolves with the exit code. */
async function main(): Promise<0 | 1 | 2> {
  walkCommand.parse()
  const given = walkCommand.opts<WalkOptions>()
  if (given.schema) {
    print(JSON.stringify(scriptJsonSchema(), null, 2))
    return 0
  }
  const places = walkCommand.args.length > 0 ? walkCommand.args : ['scripts/walkthroughs']
  const { walkthroughs, problems } = readAll(filesIn(places), given.import ? readDialoguss : readScripts)
  if (problems.length > 0) {
    for (const problem of problems) stderr.write(`${formatProblem(problem)}\n`)
    const files = new Set(problems.map(({ file }) => file)).size
    if (!given.import && !given.curl) print(`0 passed, ${files} failed`)
    return 2
  }
  if (given.import && !given.curl) {
    print(
      walkthroughs
        .map((walkthrough) => writeScript(walkthrough))
        .join('---\n')
        .trimEnd(),
    )
    return 0
  }
  if (given.curl) {
    // Secrets of a file are not written into another.
    const how = { known: knownSecrets({}), weaknessOf }
    print(curlScript(walkthroughs.map((walkthrough) => fillIn(walkthrough, how))).trimEnd())
    return 0
  }
  return run(walkthroughs, given)
}

async function run(read: readonly Walkthrough[], given: WalkOptions): Promise<0 | 1 | 2> {
  const { coverage: wantsText, coverageJson, coverageDiagrams, min } = given
  const wantsCoverage = [wantsText, coverageJson, coverageDiagrams, min].some(
    (wanted) => wanted !== undefined,
  )
  if (given.url !== undefined && wantsCoverage)
    throw new CommandError('coverage is seen in this process only: leave --url out', 2)
  const left = given.url === undefined ? [] : read.filter((one) => whyOnlyHere(one) !== undefined)
  const walkthroughs = read.filter((one) => !left.includes(one))
  const address = given.url === undefined ? undefined : parseAddress(given.url)
  if (address && !(await isListening(address)))
    throw new CommandError(`nothing answers at ${address.origin}`, 2)
  for (const file of [given.junit, given.html, coverageJson]) if (file !== undefined) write(file, '')
  const watched = watch(menus)
  const tasks = tasksOf(walkthroughs, given, { config: loadConfig(), menus: watched.menus })
  const ranAt = new Date()

  // One alone is shown whole.
  const how = given.transcripts || tasks.length === 1 ? 'transcript' : 'brief'
  print(...tapHead(tasks.length))
  for (const one of left) print(`# not walked there: ${one.title} (${whyOnlyHere(one)})`)
  let walked = 0
  let timer: NodeJS.Timeout | undefined
  if (!given.transcripts) {
    timer = setInterval(() => stderr.write(`${walked} of ${tasks.length} walked\n`), PROGRESS_MS).unref()
  }
  const counted = tasks.map((task) => ({
    ...task,
    run: () =>
      task.run().then((result) => {
        walked += 1
        return result
      }),
  }))
  const results = await runAll(counted, given.jobs, (result, at) => print(...tapOf(result, at + 1, how)))
  clearInterval(timer)

  const coverages = watched.coverage()
  // Drawings take a moment: only where somebody looks at them.
  const drawings =
    given.url === undefined && (given.html !== undefined || coverageDiagrams !== undefined)
      ? await drawCoverage(coverages, menus)
      : []
  const { junit, html } = given
  if (junit !== undefined) write(junit, junitOf(results, { ranAt }))
  if (html !== undefined) {
    const target = given.url ?? 'a gateway in the process'
    write(html, htmlOf({ results, ranAt, target, ...(wantsCoverage && { coverage: drawings }) }))
  }
  if (coverageJson !== undefined) write(coverageJson, `${JSON.stringify(coverages, null, 2)}\n`)
  if (coverageDiagrams !== undefined) {
    mkdirSync(coverageDiagrams, { recursive: true })
    for (const { name, svg } of drawings) write(join(coverageDiagrams, `${name}.svg`), svg)
  }
  if (wantsText || min !== undefined)
    print(
      '',
      ...coverageText(coverages)
        .trimEnd()
        .split('\n')
        .map((line) => `# ${line}`),
    )
  const tooLittle = min !== undefined && isBelow(coverages, min)
  if (tooLittle) print(`# less than ${min} % was touched`)
  print(...tapTail(results))
  return tooLittle || results.some(({ verdict }: WalkResult) => verdict === 'failed') ? 1 : 0
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new CommandError(
      `${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? 'it failed'}`,
      1,
    )
  }
}

/** Where something was to be walked, the last line says what came of it, whatever happened. */
async function tallied(): Promise<0 | 1 | 2> {
  try {
    return await main()
  } catch (error) {
    const { schema, import: imports, curl } = walkCommand.opts<WalkOptions>()
    const isWalk = !schema && !imports && !curl && !(error instanceof CommanderError)
    if (isWalk) print('0 passed, 1 failed')
    throw error
  }
}

await runCommand('walk', tallied)
