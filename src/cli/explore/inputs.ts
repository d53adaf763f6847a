import type { Input } from '../../exploration/model-spec.ts'

/** Digits that come about in no other way: where one of these is found, a secret is found. */
export const secrets = {
  puk1: '90573816',
  wrongPuk1: '61840937',
  tenDigits: '8361940275',
  fiveDigits: '80291',
} as const

/** Easily guessed, and why the subscriber is told so. */
export const weakOnes: Readonly<Record<string, string>> = {
  '4747474747': 'repeat',
  '3456789012': 'sequence',
  '147258369': 'keypad',
  '31121987': 'date',
  // In every number of the network this stands in front.
  '37529': 'own-number',
  '5201314520': 'common',
}

const digit = (text: string): Input => ({ name: text, text })
const weak = Object.entries(weakOnes).map(([text, why]): Input => ({
  name: `an easy password (${why})`,
  text,
}))

/** Typed on every screen of every menu: each kind that screens tell apart, at the bounds of what they take. */
export const inputs: readonly Input[] = [
  ...'0123456789'.split('').map(digit),
  { name: 'nothing', text: '' },
  { name: 'a star', text: '*' },
  { name: 'a hash', text: '#' },
  { name: 'letters', text: 'quokkas' },
  { name: 'letters of another script', text: 'бегемоты' },
  { name: '4 digits', text: '9416' },
  { name: '5 digits', text: secrets.fiveDigits },
  { name: '7 digits', text: '5810394' },
  { name: 'the right PUK1', text: secrets.puk1 },
  { name: 'a wrong PUK1', text: secrets.wrongPuk1 },
  { name: '8 digits of another script', text: '٩٤٠٥٧٣٨١' },
  { name: '9 digits', text: '904718263' },
  { name: '10 digits', text: secrets.tenDigits },
  { name: '11 digits', text: '27385916043' },
  ...weak,
]
