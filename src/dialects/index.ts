import { africastalking } from './africastalking.ts'
import { arkesel } from './arkesel.ts'
import { comviva } from './comviva.ts'
import type { Dialect } from './dialect.ts'
import { createGet, get, variants } from './get.ts'
import { createHubtel, hubtel } from './hubtel.ts'
import { infobip } from './infobip.ts'
import { nalo } from './nalo.ts'
import { restcomm } from './restcomm.ts'
import { serviceOp } from './service-op.ts'
import { truroute } from './truroute.ts'

/** All dialects of the gateway, by name. */
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

/** Returns all dialects, with the given variant of the GET family. */
export const gatewayDialects = (getVariant: keyof typeof variants): Readonly<Record<string, Dialect>> => ({
  ...dialects,
  [get.name]: createGet(variants[getVariant]),
})

/** Returns the dialects of the simulated network: those of the gateway and each variant by its own name, e.g. `get:safaricom`. */
export const networkDialects = (getVariant: keyof typeof variants): Readonly<Record<string, Dialect>> => ({
  ...gatewayDialects(getVariant),
  'hubtel:programmable': createHubtel('programmable'),
  ...Object.fromEntries(Object.entries(variants).map(([name, preset]) => [`get:${name}`, createGet(preset)])),
})
