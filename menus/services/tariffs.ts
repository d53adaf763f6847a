/** Tariff plans of devices that cannot dial USSD (L3). */
const named = new Set(['видеонаблюдение', 'спутниковый мониторинг'])

/** All Internet plans have the word in their name. */
const isForInternet = /интернет|internet/

/** Returns true if the password may be set with PUK1 over HTTP under this tariff plan (L3). */
export function allowsPasswordByPuk1(tariff: string): boolean {
  const name = tariff.trim().toLowerCase()
  return named.has(name) || isForInternet.test(name)
}
