import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { dialects } from '../../dialects/index.ts'
import type { RouteQuery } from '../../simulator/routes.ts'
import { profiles } from '../../simulator/profiles.ts'

/** What `npm run walk` is asked for. */
export interface WalkOptions extends Pick<RouteQuery, 'url' | 'profile' | 'faults' | 'seed'> {
  readonly dialect?: string
  readonly overwrite?: true
  readonly eventsUrl?: string
  readonly transcripts?: true
  readonly junit?: string
  readonly html?: string
  readonly coverage?: true
  readonly coverageJson?: string
  readonly coverageDiagrams?: string
  readonly min?: number
  readonly secrets?: string
  readonly jobs: number
  readonly import?: true
  readonly curl?: true
  readonly schema?: true
}

const wholeNumber = (least: number, most: number) => (value: string) => {
  const number = /^\d{1,4}$/.test(value) ? Number(value) : Number.NaN
  if (number >= least && number <= most) return number
  throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`)
}

export const walkCommand = new Command('npm run walk --')
  .usage('[files or folders…] [options]')
  .description('Walks scripted dialogues, and says which of them went as they are to go.')
  .argument('[places...]', 'scripts, and folders of scripts (default: scripts/walkthroughs)')
  .option(
    '--url <address>',
    "a gateway that runs, or an application's callback (default: a gateway in this process, where time can be moved)",
  )
  .option(
    '--dialect <names>',
    `the callback's wire format, comma-separated for several, or all: ${Object.keys(dialects).join(', ')} (default: that of --url, or africastalking)`,
  )
  .option(
    '--profile <name>',
    `the carrier: ${Object.keys(profiles).join(', ')}; figures may follow: a1,idle=20s,longer=cut`,
    'default',
  )
  .option('--faults <list>', 'what the network does wrong: duplicate, delay, drop, reorder, reset, begin')
  .option('--seed <number>', 'which faults strike: the same seed brings the same', '1')
  .option('--events-url <address>', 'where an application of --url hears that a dialogue is over')
  .option('--overwrite', 'at --url, replaces records of subscribers that are registered there')
  .option('--transcripts', 'prints every screen, also of those that passed')
  .option('--junit <file>', 'writes the results as JUnit XML')
  .option('--html <file>', 'writes the results as a page, with the screens as a phone shows them')
  .option('--coverage', 'prints which states, transitions, guards and texts of the menus were touched')
  .option('--coverage-json <file>', 'writes that as JSON')
  .option('--coverage-diagrams <folder>', 'draws it: a picture (SVG) of each menu')
  .addOption(
    new Option('--min <percent>', 'fails where less was touched of any of these').argParser(
      wholeNumber(0, 100),
    ),
  )
  .option(
    '--secrets <file>',
    "YAML with the secrets of subscribers taken as they are registered: '+375…': { puk1: '…', password: '…' }",
  )
  .addOption(
    new Option('--jobs <number>', 'how many are walked at once')
      .argParser(wholeNumber(1, 64))
      .default(availableParallelism() * 2, 'twice as many as there are processors'),
  )
  .option('--import', 'the files are scripts of dialoguss: prints them as walkthroughs, and walks none')
  .option('--curl', 'prints curl commands for the simulated phones, one for each step, and runs nothing')
  .option('--schema', 'prints the JSON Schema of a script, for editors')
  .addHelpText(
    'after',
    `
Examples:
  npm run walk
  npm run walk -- scripts/walkthroughs/password.yaml --transcripts
  npm run walk -- scripts/walkthroughs --dialect all --html report.html --junit report.xml
  npm run walk -- scripts/walkthroughs --coverage --min 80
  npm run walk -- scripts/walkthroughs --url http://127.0.0.1:8141 --profile safaricom
  npm run -s walk -- --import dialoguss.yaml > menu.yaml

At a gateway that runs, subscribers are registered with the ADMIN_TOKEN of the environment, and removed when their
walkthrough is over; callbacks are sent with its CALLBACK_TOKEN, signed under the first of CALLBACK_SIGNATURE_KEYS. Time
cannot be moved there: what waits for more than a minute is not walked, and is named.
The last line says how many passed and how many failed.
Exit code: 0 all passed, 1 some failed or too little was touched, 2 called wrongly or a script is malformed.`,
  )
  .showHelpAfterError('(--help shows how it is used)')
  .exitOverride()
