import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
import { NoProjectError } from './project.ts'
import { defineCommand, printTo } from './command.ts'
import type { CommandIo, ExitCode } from './command.ts'
import { plainRecord } from '../gateway/records/record.ts'
import { defineProject } from '../project.ts'
import type { ServedProject } from '../project.ts'
import { CommandError } from './command-error.ts'
import { isListening, parseAddress } from './dial/target.ts'
import { walkDetails, walkOptions } from './walk/command.ts'
import type { WalkOptions } from './walk/command.ts'
import { drawCoverage } from './walk/drawings.ts'
import { filesIn, readAll } from './walk/files.ts'
import { withNumbersOf } from './walk/numbers.ts'
import { runAll } from './walk/pool.ts'
import type { Task } from './walk/pool.ts'
import { knownSecrets, localOnlyReason, tasksOf, weaknessOf } from './walk/tasks.ts'

const PROGRESS_INTERVAL_MS = 2000
/** Where a project keeps its scripts. */
const DEFAULT_FOLDERS = ['walkthroughs', 'scripts/walkthroughs'] as const

async function main(
  options: WalkOptions,
  args: readonly string[],
  io: CommandIo,
  loadOwnProject: () => Promise<ServedProject>,
): Promise<ExitCode> {
  const print = (...lines: readonly string[]) => printTo(io.stdout, ...lines)
  const loadProject = () =>
    loadOwnProject().catch((error: unknown) => {
      // Another application needs no project here.
      const isNeeded = options.url === undefined && !options.schema && !options.curl
      if (error instanceof NoProjectError && !isNeeded) return noProject
      throw error
    })
  if (options.schema) {
    print(JSON.stringify(scriptJsonSchema((await loadProject()).record), null, 2))
    return 0
  }
  const paths =
    args.length > 0 ? args : [DEFAULT_FOLDERS.find((folder) => existsSync(folder)) ?? 'walkthroughs']
  const files = filesIn(paths)
  const { record } = options.import ? { record: plainRecord } : await loadProject()
  const readScript = (text: string, file: string) => readScripts(text, file, record)
  const { walkthroughs, problems } = readAll(files, options.import ? readDialoguss : readScript)
  if (problems.length > 0) {
    printTo(io.stderr, ...problems.map(formatProblem))
    const failed = new Set(problems.map(({ file }) => file)).size
    if (!options.import && !options.curl) print(`0 passed, ${failed} failed`)
    return 2
  }
  if (options.curl) {
    // Secrets from the file of --secrets are never copied into the output.
    const secrets = { known: knownSecrets({}, await loadProject()), weaknessOf }
    print(curlScript(walkthroughs.map((walkthrough) => fillIn(walkthrough, secrets))).trimEnd())
    return 0
  }
  if (options.import) {
    const scripts = walkthroughs.map((walkthrough) => writeScript(walkthrough))
    print(scripts.join('---\n').trimEnd())
    return 0
  }
  return run(walkthroughs, options, io, await loadProject())
}

/** Stands in for the project of another application. */
const noProject = defineProject({ languages: ['en'], codes: {} })

async function run(
  walkthroughs: readonly Walkthrough[],
  options: WalkOptions,
  io: CommandIo,
  project: ServedProject,
): Promise<0 | 1> {
  const print = (...lines: readonly string[]) => printTo(io.stdout, ...lines)
  const { url, coverage: printsCoverage, coverageJson, coverageDiagrams, min, junit, html } = options
  const hasCoverage = [printsCoverage, coverageJson, coverageDiagrams, min].some(
    (option) => option !== undefined,
  )
  if (url !== undefined) await checkTarget(url, hasCoverage)
  const skipped = url === undefined ? [] : walkthroughs.filter((one) => localOnlyReason(one) !== undefined)
  // An unwritable path is reported before the run.
  for (const file of [junit, html, coverageJson]) if (file !== undefined) write(file, '')
  const watched = watch(project.codes)
  const ready = walkthroughs.filter((one) => !skipped.includes(one))
  // Another application may serve numbers of any country.
  const runnable = url === undefined ? withNumbersOf(project.numbering, ready) : ready
  const tasks = tasksOf(runnable, options, {
    config: loadConfig(io.env),
    project: { ...project, codes: watched.menus },
  })
  const ranAt = new Date()

  print(...tapHead(tasks.length))
  for (const one of skipped) print(`# skipped: ${one.title} (${localOnlyReason(one)})`)
  const results = await runTasks(tasks, options, io)

  const coverages = watched.coverage()
  const drawings =
    url === undefined && (html !== undefined || coverageDiagrams !== undefined)
      ? await drawCoverage(coverages, project.codes)
      : []
  if (junit !== undefined) write(junit, junitOf(results, { ranAt }))
  if (html !== undefined) {
    const target = url ?? 'a gateway in this process'
    write(html, htmlOf({ results, ranAt, target, ...(hasCoverage && { coverage: drawings }) }))
  }
  if (coverageJson !== undefined) write(coverageJson, `${JSON.stringify(coverages, null, 2)}\n`)
  if (coverageDiagrams !== undefined) {
    mkdirSync(coverageDiagrams, { recursive: true })
    for (const { name, svg } of drawings) write(join(coverageDiagrams, `${name}.svg`), svg)
  }
  if (printsCoverage || min !== undefined)
    print(
      '',
      ...coverageText(coverages)
        .trimEnd()
        .split('\n')
        .map((line) => `# ${line}`),
    )
  const isTooLow = min !== undefined && isBelow(coverages, min)
  if (isTooLow) print(`# coverage is below ${min} %`)
  print(...tapTail(results))
  return isTooLow || results.some(({ verdict }) => verdict === 'failed') ? 1 : 0
}

async function checkTarget(url: string, hasCoverage: boolean): Promise<void> {
  if (hasCoverage)
    throw new CommandError('coverage is measured only on a gateway in this process: leave out --url', 2)
  const address = parseAddress(url)
  if (!(await isListening(address))) throw new CommandError(`nothing listens at ${address.origin}`, 2)
}

/** Runs the tasks and prints each result in the order of the plan, with the progress on standard error. */
async function runTasks(
  tasks: readonly Task<WalkResult>[],
  { transcripts, dialect, jobs }: WalkOptions,
  { stdout, stderr }: CommandIo,
): Promise<readonly WalkResult[]> {
  // A single walkthrough is always printed in full.
  const detail = transcripts || tasks.length === 1 ? 'transcript' : 'brief'
  const showDialect = dialect === 'all' || dialect?.includes(',') === true
  let finished = 0
  const timer = transcripts
    ? undefined
    : setInterval(
        () => stderr.write(`${finished} of ${tasks.length} finished\n`),
        PROGRESS_INTERVAL_MS,
      ).unref()
  const counted = tasks.map((task) => ({
    ...task,
    async run() {
      const result = await task.run()
      finished += 1
      return result
    },
  }))
  try {
    return await runAll(counted, jobs, (result, at) =>
      printTo(stdout, ...tapOf(result, at + 1, { detail, showDialect })),
    )
  } finally {
    clearInterval(timer)
  }
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new CommandError(`${file}: cannot be written (${(error as NodeJS.ErrnoException).code})`, 1)
  }
}

export const command = defineCommand<WalkOptions>({
  name: 'walk',
  summary: 'Run test scripts (walkthroughs) and report which passed.',
  usage: '[files or folders…]',
  configure: walkOptions,
  details: walkDetails,
  usesProject: true,
  exitCodes: {
    0: 'all passed',
    1: 'a walkthrough failed, or coverage is below --min',
    2: 'wrong usage or a malformed script',
  },
  run: main,
})
