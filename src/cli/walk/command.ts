import { availableParallelism } from 'node:os'
import { Option } from 'commander'
import type { Command } from 'commander'
import { dialects } from '../../dialects/index.ts'
import type { RouteQuery } from '../../simulator/routes.ts'
import { profiles } from '../../simulator/profiles.ts'
import { wholeNumber } from '../command.ts'

/** The options of `ussd walk`. */
export interface WalkOptions extends Pick<
  RouteQuery,
  'url' | 'profile' | 'faults' | 'seed' | 'serviceCode' | 'network'
> {
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

/** Adds the arguments and options of `ussd walk`. */
export const walkOptions = (command: Command): Command =>
  command
    .argument('[paths...]', 'scripts and folders of scripts (default: walkthroughs, or scripts/walkthroughs)')
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
    .option(
      '--service-code <code>',
      'registered code, which every dialled string starts with: the application receives what the aggregator sends for the rest',
    )
    .option('--faults <list>', 'network faults to inject: duplicate, delay, drop, reorder, reset, begin')
    .option(
      '--network <code>',
      'code or name of the network in the callbacks (default: by country or dialect)',
    )
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

export const walkDetails = `Examples:
  ussd walk
  ussd walk scripts/walkthroughs/password.yaml --transcripts
  ussd walk scripts/walkthroughs --dialect all --html report.html --junit report.xml
  ussd walk scripts/walkthroughs --coverage --min 80
  ussd walk scripts/walkthroughs --url http://127.0.0.1:8141 --profile safaricom
  ussd walk --import dialoguss.yaml > menu.yaml

With --url, ADMIN_TOKEN registers the subscribers on the running gateway and removes them after each walkthrough.
Callbacks carry CALLBACK_TOKEN and are signed with the first of CALLBACK_SIGNATURE_KEYS. A running gateway has no virtual
clock, so walkthroughs that wait for more than a minute are skipped and listed.
The last line counts the walkthroughs that passed and failed.`
