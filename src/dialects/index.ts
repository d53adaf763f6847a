import { africastalking } from './africastalking.ts'
import { arkesel } from './arkesel.ts'
import { comviva } from './comviva.ts'
import type { Dialect } from './dialect.ts'
import { createGet, get, presets } from './get.ts'
import { createHubtel, hubtel } from './hubtel.ts'
import { infobip } from './infobip.ts'
import { nalo } from './nalo.ts'
import { restcomm } from './restcomm.ts'
import { serviceOp } from './service-op.ts'
import { truroute } from './truroute.ts'

/** Every dialect the gateway answers, by its name. Adding one is a file and a line. */
export const dialects: Readonly<Record<string, Dialect>> = {
  [africastalking.name]: africastalking,
  [hubtel.name]: hubtel,
  [arkesel.name]: arkesel,
  [nalo.name]: nalo,
  [serviceOp.name]: serviceOp,
  [infobip.name]: infobip,
  [get.name]: get,
  [truroute.name]: truroute,
  [comviva.name]: comviva,
  [restcomm.name]: restcomm,
}

/** The same, with the GET family as one of its providers writes it. */
export const dialectsWith = (getDialect: keyof typeof presets): Readonly<Record<string, Dialect>> => ({
  ...dialects,
  [get.name]: createGet(presets[getDialect]),
})

/** What the simulated network speaks: beside those, each form that one name stands for, such as `get:safaricom`. */
export const spokenWith = (getDialect: keyof typeof presets): Readonly<Record<string, Dialect>> => ({
  ...dialectsWith(getDialect),
  'hubtel:programmable': createHubtel('programmable'),
  ...Object.fromEntries(Object.entries(presets).map(([name, preset]) => [`get:${name}`, createGet(preset)])),
})
