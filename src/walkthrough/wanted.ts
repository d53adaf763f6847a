import type { Wanted } from './walkthrough.ts'

/** Whether a text is as it is to be. */
export function isAsWanted(text: string, wanted: Wanted): boolean {
  switch (wanted.kind) {
    case 'whole':
      return text === wanted.text
    case 'contains':
      return text.includes(wanted.text)
    case 'matches':
      return new RegExp(wanted.pattern, 'su').test(text)
  }
}
