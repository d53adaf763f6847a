/** The codes of mobile networks (ITU-T E.212): three digits of the country, and two or three of the network. */
import { createNumbering } from './numbering.ts'
import type { Country } from './numbering.ts'

/** A network of each country, as aggregators report it. */
const networks: Partial<Record<Country, string>> = {
  BY: '25701',
  CI: '61205',
  DE: '26201',
  ET: '63601',
  FR: '20801',
  GB: '23410',
  GH: '62001',
  KE: '63902',
  KZ: '40101',
  MW: '65001',
  NG: '62130',
  PL: '26001',
  PT: '26801',
  RU: '25001',
  RW: '63510',
  SN: '60801',
  TZ: '64004',
  UA: '25501',
  UG: '64110',
  US: '310410',
  ZA: '65501',
  ZM: '64502',
}

/** The code of test networks. */
const TEST_NETWORK = '00101'

const numbering = createNumbering({ countries: 'any' })

/** Returns the code of a network in the country of a number; that of a test network for other countries. */
export function networkCodeOf(e164: string): string {
  const parsed = numbering.parse(e164)
  return (parsed.kind === 'msisdn' && networks[parsed.country]) || TEST_NETWORK
}
