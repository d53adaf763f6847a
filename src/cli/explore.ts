import { Option } from 'commander'
import { menus } from '../../menus/index.ts'
import { models } from '../../menus/models.ts'
import { envOf } from '../../menus/self-care.model.ts'
import { languages } from '../engine/authoring.ts'
import type { Language } from '../engine/authoring.ts'
import type { Menu } from '../engine/menu.ts'
import { modelSpecsOf } from '../exploration/model-spec.ts'
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
const QUICK = { limit: 16, language: 'ru' } as const

const MAX_SEED = 999_999_999

async function main(
  options: ExploreOptions,
  _args: readonly string[],
  { stdout, stderr }: CommandIo,
): Promise<ExitCode> {
  const quick = options.quick === true
  const language = options.language ?? (quick ? QUICK.language : undefined)
  const { specs, missing } = modelSpecsOf(chosenMenus(options.menu), models)
  if (specs.length === 0)
    throw new CommandError(`${missing.join(', ')}: no model. Add one to menus/models.ts.`, 2)
  const store = options.redis === undefined ? embeddedStore() : await redisStore(options.redis)
  try {
    const result = await explore({
      specs,
      languages: language === undefined ? languages : [language],
      limit: options.limit ?? (quick ? QUICK.limit : LIMIT),
      seed: options.seed,
      store,
      envOf,
      progress: (line) => stderr.write(`${line}\n`),
    })
    stdout.write(summaryOf(result, specs, missing))
    return result.violations.length === 0 && result.failed === 0 ? 0 : 1
  } finally {
    await store.close()
  }
}

const chosenMenus = (chosen: string | undefined): Readonly<Record<string, Menu>> =>
  Object.fromEntries(Object.entries(menus).filter(([code]) => code === (chosen ?? code)))

export const command = defineCommand<ExploreOptions>({
  name: 'explore',
  summary: 'Replay every dialogue of the menus on a gateway and report violated invariants.',
  configure: (command) =>
    command
      .addOption(new Option('--menu <code>', 'explore one menu (default: all)').choices(Object.keys(menus)))
      .addOption(
        new Option('--language <language>', 'explore one language (default: all)').choices(languages),
      )
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
      .option('--quick', `sample: one language, at most ${QUICK.limit} paths per menu and record`),
  details: `Checks on every screen of every dialogue: the text fits one message; a digit leads out; the digits listed are the
digits accepted; no secret is shown, stored or logged; the dialogue can end; secrets cannot be guessed without limit;
attempts rise only on success. Prints each violation with its shortest dialogue, as a walkthrough and as a curl script.

Examples:
  ussd explore
  ussd explore --menu '*141*3*6#' --language be
  ussd explore --limit 1000 --seed 7`,
  exitCodes: { 0: 'no violations', 1: 'violations' },
  run: main,
})
