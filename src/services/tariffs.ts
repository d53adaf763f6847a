/** Tariff plans of devices that cannot dial USSD: their password may be set with PUK1 over HTTP (L3). */
const named = new Set(['видеонаблюдение', 'спутниковый мониторинг'])

/** The plans for the Internet are many, and all have it in their name. */
const isForInternet = /интернет|internet/

export function isSetByPuk1(tariff: string): boolean {
  const name = tariff.trim().toLowerCase()
  return named.has(name) || isForInternet.test(name)
}
