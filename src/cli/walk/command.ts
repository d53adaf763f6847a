import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { dialects } from '../../dialects/index.ts'
import type { RouteQuery } from '../../simulator/routes.ts'
import { profiles } from '../../simulator/profiles.ts'

/** The options of `npm run walk`. */
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

const wholeNumber = (min: number, max: number) => (value: string) => {
  const number = /^\d{1,4}$/.test(value) ? Number(value) : Number.NaN
  if (number >= min && number <= max) return number
  throw new InvalidArgumentError(`Use a whole number from ${min} to ${max}.`)
}

export const walkCommand = new Command('npm run walk --')
  .usage('[files or folders…] [options]')
  .description('Runs test scripts (walkthroughs) and reports which passed.')
  .argument('[paths...]', 'scripts and folders of scripts (default: scripts/walkthroughs)')
  .option(
    '--url <address>',
    "a running gateway or an application's callback (default: a gateway in this process, with a virtual clock)",
  )
  .option(
    '--dialect <names>',
    `wire format of the callbacks; several are separated by commas, or all: ${Object.keys(dialects).join(', ')} (default: that of --url, or africastalking)`,
  )
  .option(
    '--profile <name>',
    `carrier profile: ${Object.keys(profiles).join(', ')}; add settings after a comma: a1,idle=20s,longer=cut`,
    'default',
  )
  .option('--faults <list>', 'network faults to inject: duplicate, delay, drop, reorder, reset, begin')
  .option('--seed <number>', 'seed of the faults: the same seed injects the same faults', '1')
  .option('--events-url <address>', 'where the application of --url receives end-of-session events')
  .option('--overwrite', 'with --url: replaces the records of subscribers that already exist there')
  .option('--transcripts', 'prints every screen, also of scripts that passed')
  .option('--junit <file>', 'writes the results as JUnit XML')
  .option('--html <file>', 'writes the results as an HTML page that shows the screens on a phone')
  .option('--coverage', 'prints the coverage of states, transitions, guards and texts of the menus')
  .option('--coverage-json <file>', 'writes the coverage as JSON')
  .option('--coverage-diagrams <folder>', 'writes a diagram (SVG) of the coverage of each menu')
  .addOption(
    new Option('--min <percent>', 'fails if any kind of coverage is lower').argParser(wholeNumber(0, 100)),
  )
  .option(
    '--secrets <file>',
    "YAML file with the secrets of registered subscribers: '+375…': { puk1: '…', password: '…' }",
  )
  .addOption(
    new Option('--jobs <number>', 'how many walkthroughs run at once')
      .argParser(wholeNumber(1, 64))
      .default(availableParallelism() * 2, 'twice the number of processors'),
  )
  .option('--import', 'reads dialoguss scripts, prints them as walkthroughs, and runs nothing')
  .option('--curl', 'prints curl commands for the simulated phones, one for each step, and runs nothing')
  .option('--schema', 'prints the JSON Schema of scripts, for editors')
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

With --url, ADMIN_TOKEN registers the subscribers on the running gateway and removes them after each walkthrough.
Callbacks carry CALLBACK_TOKEN and are signed with the first of CALLBACK_SIGNATURE_KEYS. A running gateway has no virtual
clock, so walkthroughs that wait for more than a minute are skipped and listed.
The last line counts the walkthroughs that passed and failed.
Exit code: 0 all passed, 1 a walkthrough failed or coverage is below --min, 2 wrong usage or a malformed script.`,
  )
  .showHelpAfterError('(see --help)')
  .exitOverride()
