import { assign, setup } from 'xstate'
import { effect, lookup, secretOf } from '../../src/engine/authoring.ts'
import type { Dialogue as DialogueIn, Reply, Screens, Secret } from '../../src/engine/authoring.ts'
import { defineRoute, failed, json, jsonObject } from '../../src/http/route.ts'
import { defineProject } from '../../src/project.ts'
import { bucketOf, defineRecord, subscriberName, z } from '../../src/services/index.ts'
import type { EffectContext, RouteKit, ServiceKit, SubscriberOf } from '../../src/services/index.ts'
import type { MenuModel, ModelsOf } from '../../src/testing.ts'

type Dialogue = DialogueIn<'en' | 'sw'>
type Context = Dialogue & { balance: string; left: number }
type Shown =
  { outcome: 'shown'; balance: string } | { outcome: 'wrong'; left: number } | { outcome: 'locked' }

const machine = setup({
  types: { input: {} as Dialogue, context: {} as Context, events: {} as Reply },
  actors: {
    readName: lookup<undefined, { name: string }>(),
    showBalance: effect<{ pin: Secret }, Shown>(),
  },
  guards: { isPin: ({ event }) => /^[0-9]{4}$/.test(secretOf(event).reveal()) },
}).createMachine({
  id: 'wallet',
  context: ({ input }) => ({ ...input, balance: '', left: 3 }),
  initial: 'pin',
  states: {
    pin: { on: { 0: 'bye', secret: [{ guard: 'isPin', target: 'checkingPin' }, { target: 'bye' }] } },
    wrong: { on: { 0: 'bye', secret: [{ guard: 'isPin', target: 'checkingPin' }, { target: 'bye' }] } },
    checkingPin: {
      invoke: {
        src: 'showBalance',
        input: ({ event }) => ({ pin: secretOf(event) }),
        onDone: [
          {
            guard: ({ event }) => event.output.outcome === 'shown',
            target: 'balance',
            actions: assign({
              balance: ({ event }) => (event.output.outcome === 'shown' ? event.output.balance : ''),
            }),
          },
          {
            guard: ({ event }) => event.output.outcome === 'wrong',
            target: 'wrong',
            actions: assign({
              left: ({ event }) => (event.output.outcome === 'wrong' ? event.output.left : 0),
            }),
          },
          { target: 'locked' },
        ],
        onError: 'bye',
      },
    },
    balance: { type: 'final' },
    locked: { type: 'final' },
    bye: { type: 'final' },
  },
})

const screens: Screens<typeof machine> = {
  pin: { en: 'Enter your PIN\n0 Exit', sw: 'Weka PIN yako\n0 Toka' },
  wrong: {
    en: (c) => `Wrong PIN. Attempts left: ${c.left}. Enter your PIN\n0 Exit`,
    sw: (c) => `PIN si sahihi. Majaribio: ${c.left}. Weka PIN yako\n0 Toka`,
  },
  balance: { en: (c) => `Your balance is ${c.balance}`, sw: (c) => `Salio lako ni ${c.balance}` },
  locked: { en: 'Your PIN is locked', sw: 'PIN yako imefungwa' },
  bye: { en: 'Goodbye', sw: 'Kwaheri' },
}

/** The record of a wallet in Kenya: a name, nested data and a PIN of four digits with three attempts. */
export const walletRecord = defineRecord({
  fields: z.object({
    name: z.string().max(30).default('').meta({ description: 'Name of the owner', example: 'Amina' }),
    account: z
      .object({ balance: z.string().regex(/^\d+\.\d\d$/), cards: z.int().min(0).default(0) })
      .default({ balance: '0.00', cards: 0 }),
  }),
  secrets: { pin: { digits: 4, attempts: 3, description: 'PIN of the wallet', example: '4821' } },
})

type Call = EffectContext<SubscriberOf<typeof walletRecord>>

const walletServices = ({ secrets }: ServiceKit<typeof walletRecord>) => ({
  readName: async (_input: undefined, { subscriber }: Call) => ({ name: subscriber.current.name }),

  async showBalance({ pin }: { pin: Secret }, call: Call): Promise<Shown> {
    const guess = await secrets.pin.guess(pin, call)
    if (guess.kind === 'locked') return { outcome: 'locked' }
    if (guess.kind === 'wrong') return { outcome: 'wrong', left: guess.attemptsLeft }
    return { outcome: 'shown', balance: call.subscriber.current.account.balance }
  },
})

const walletRoutes = ({ store, format }: RouteKit<typeof walletRecord>) => [
  defineRoute({
    method: 'post',
    path: '/wallets/{msisdn}/greeting',
    auth: 'operator',
    body: jsonObject({ greeting: z.string() }),
    operation: {
      operationId: 'greet',
      summary: 'Greet the owner of a wallet',
      example: { greeting: 'Hello' },
      responses: {
        200: json('The greeting', z.object({ text: z.string() }), { text: 'Hello, Amina' }),
        ...failed('USSD_NOT_FOUND', 'There is no such wallet'),
      },
    },
    async handle({ msisdn, body: { greeting } }) {
      const { records } = await store.load(bucketOf(msisdn), [subscriberName(msisdn)])
      if (!records[0]) return { status: 404 }
      return { status: 200, body: { text: `${greeting}, ${format.parse(records[0].value).name}` } }
    },
  }),
]

interface World {
  readonly left: number
}

const effects: ModelsOf<typeof machine, World> = {
  readName: (_input, { world }) => ({ outcome: { name: '' }, world }),
  showBalance({ pin }, { world: { left }, input }) {
    if (left === 0) return { outcome: { outcome: 'locked' }, world: { left } }
    if (input(pin) === '4821') return { outcome: { outcome: 'shown', balance: '12.50' }, world: { left: 3 } }
    return left === 1
      ? { outcome: { outcome: 'locked' }, world: { left: 0 } }
      : { outcome: { outcome: 'wrong', left: left - 1 }, world: { left: left - 1 } }
  },
}

const model: MenuModel<World> = {
  models: effects,
  origins: [
    { name: 'all attempts left', world: { left: 3 } },
    { name: 'locked', world: { left: 0 } },
  ],
  inputs: [
    ...Array.from('0123456789', (digit) => ({ name: digit, text: digit })),
    { name: 'the right PIN', text: '4821' },
    { name: 'a wrong PIN', text: '6093' },
    { name: 'letters', text: 'quokkas' },
  ],
  changes: [],
  fixture: ({ left }) => ({ pin: '4821', pinAttemptsLeft: left, account: { balance: '12.50', cards: 0 } }),
  record: ({ left }) => ({ pinAttemptsLeft: left }),
}

/** Creates a wallet in Kenya, `*384#`, with a record, a secret and a route of its own. */
export const walletProject = () =>
  defineProject({
    languages: ['en', 'sw'],
    codes: { '*384#': { machine, screens } },
    numbering: { countries: ['KE'] },
    record: walletRecord,
    services: walletServices,
    routes: walletRoutes,
    models: async () => ({ models: { '*384#': model } }),
    demo: {
      '+254712345678': { name: 'Amina', pin: '4821', account: { balance: '12.50', cards: 2 } },
    },
  })
