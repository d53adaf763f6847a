import type { Language } from '../engine/authoring.ts'
import { modelSpecsOf } from '../exploration/model-spec.ts'
import type { ServedProject } from '../project.ts'
import { defineCommand, wholeNumber } from './command.ts'
import type { CommandIo, ExitCode } from './command.ts'
import { CommandError } from './command-error.ts'
import { explore } from './explore/explore.ts'
import { embeddedStore, redisStore } from './explore/stores.ts'
import { summaryOf } from './explore/summary.ts'

interface ExploreOptions {
  readonly menu?: string
  readonly language?: Language
  readonly limit?: number
  readonly seed: number
  readonly redis?: string
  readonly quick?: true
}

const LIMIT = 150
const QUICK_LIMIT = 16

const MAX_SEED = 999_999_999

async function main(
  options: ExploreOptions,
  _args: readonly string[],
  { stdout, stderr }: CommandIo,
  loadProject: () => Promise<ServedProject>,
): Promise<ExitCode> {
  const project = await loadProject()
  const { codes, languages } = project
  const { models, envOf } = await project.models()
  assertOneOf('--menu', options.menu, Object.keys(codes))
  assertOneOf('--language', options.language, languages)
  const quick = options.quick === true
  const language = options.language ?? (quick ? languages[0] : undefined)
  const { specs, missing } = modelSpecsOf(
    {
      record: project.record,
      codes: Object.fromEntries(Object.entries(codes).filter(([code]) => code === (options.menu ?? code))),
    },
    models,
  )
  if (specs.length === 0)
    throw new CommandError(`${missing.join(', ')}: no model. Add one to the models of the project.`, 2)
  const store = options.redis === undefined ? embeddedStore() : await redisStore(options.redis)
  try {
    const result = await explore({
      project,
      specs,
      languages: language === undefined ? languages : [language],
      limit: options.limit ?? (quick ? QUICK_LIMIT : LIMIT),
      seed: options.seed,
      store,
      ...(envOf && { envOf }),
      progress: (line) => stderr.write(`${line}\n`),
    })
    stdout.write(summaryOf(result, project, specs, missing))
    return result.violations.length === 0 && result.failed === 0 ? 0 : 1
  } finally {
    await store.close()
  }
}

function assertOneOf(option: string, value: string | undefined, known: readonly string[]): void {
  if (value !== undefined && !known.includes(value))
    throw new CommandError(`${option} must be one of: ${known.join(', ')}`, 2)
}

export const command = defineCommand<ExploreOptions>({
  name: 'explore',
  summary: 'Replay every dialogue of the menus on a gateway and report violated invariants.',
  configure: (command) =>
    command
      .option('--menu <code>', 'explore one menu (default: all)')
      .option('--language <language>', 'explore one language (default: all)')
      .option(
        '--limit <number>',
        `maximum paths per menu, language and record (default: ${LIMIT})`,
        wholeNumber(1, MAX_SEED),
      )
      .option(
        '--seed <number>',
        'selects among equivalent inputs and the paths within the limit',
        wholeNumber(0, MAX_SEED),
        1,
      )
      .option('--redis <url>', 'run on this Redis and delete the written keys (default: embedded store)')
      .option('--quick', `sample: one language, at most ${QUICK_LIMIT} paths per menu and record`),
  details: `Checks on every screen of every dialogue: the text fits one message; a digit leads out; the digits listed are the
digits accepted; no secret is shown, stored or logged; the dialogue can end; secrets cannot be guessed without limit;
attempts rise only on success. Prints each violation with its shortest dialogue, as a walkthrough and as a curl script.

Examples:
  ussd explore
  ussd explore --menu '*141*3*6#' --language be
  ussd explore --limit 1000 --seed 7`,
  usesProject: true,
  exitCodes: { 0: 'no violations', 1: 'violations' },
  run: main,
})
