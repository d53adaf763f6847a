import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { styleText } from 'node:util'
import { frame, maskDialled, quote } from './text-phone.ts'
import type { Handsets } from './handset.ts'
import type { Screen } from './screen.ts'

/** Whoever writes down what is done on the phone. */
interface TerminalInput {
  typed(entry: { readonly text: string; readonly before: Screen; readonly after: Screen }): Promise<void>
  hungUp(): void
}

/**
 * Uses one phone line by line, until the input ends.
 *
 * At a terminal it draws screens in a frame and asks for each line; an empty one leaves, Ctrl-C hangs up. In a pipe it
 * writes a transcript: `☎` and the code as far as it may be written down, each line of a screen as `| …`, and `>` alone for
 * an answer, because which screens ask for a secret cannot be known here. `✗` is what went wrong, in one sentence, and `~` what
 * the network was asked to do wrong.
 *
 * @param code dialled before the first line is read
 * @param codes what menus are known by: as far as one of these, a dialled string is no secret
 * @param heard is told of everything that was sent, and of a hang-up
 * @returns whether something went wrong: the application failed, or a line of a pipe could not be sent
 */
export async function useInTerminal(options: {
  readonly handsets: Handsets
  readonly msisdn: string
  readonly code: string | undefined
  readonly codes: readonly string[]
  readonly input: Readable
  readonly output: Writable
  /** `columns` wide; undefined for a pipe. */
  readonly terminal: { readonly columns: () => number; readonly hasColours: boolean } | undefined
  readonly heard?: TerminalInput | undefined
}): Promise<{ readonly failed: boolean }> {
  const { handsets, msisdn, code, codes, input, output, terminal, heard } = options
  const paint = (style: 'dim' | 'red' | 'cyan', text: string) =>
    terminal?.hasColours ? styleText(style, text) : text
  const print = (...lines: readonly string[]) => void output.write(lines.map((line) => `${line}\n`).join(''))

  const reader = createInterface({
    input,
    ...(terminal && { output }),
    terminal: terminal !== undefined,
    // The arrow keys would bring earlier answers back, and some were passwords.
    historySize: 0,
    crlfDelay: Infinity,
  })
  // At once: lines that come before anybody iterates are lost.
  const lines = reader[Symbol.asyncIterator]()
  const isWaiting = () => handsets.screen(msisdn).state === 'waiting'
  let isBusy = false
  let failed = false

  const ask = () => {
    if (!terminal) return
    reader.setPrompt(paint('cyan', isWaiting() ? '> ' : '☎ '))
    reader.prompt()
  }
  reader.on('SIGINT', () => {
    if (!isBusy && !isWaiting()) return reader.close()
    handsets.hangUp(msisdn)
    heard?.hungUp()
    print('', paint('dim', 'hung up'))
    if (isBusy) return
    // What was begun to be typed was an answer.
    reader.write(null, { ctrl: true, name: 'u' })
    ask()
  })

  const type = async (text: string) => {
    const wasWaiting = isWaiting()
    if (!terminal) print(wasWaiting ? '>' : `☎ ${maskDialled(text, codes)}`)
    isBusy = true
    const typed = await handsets.type(msisdn, text)
    isBusy = false
    if (typed.kind === 'refused') {
      failed ||= !terminal
      return print(paint('red', `✗ ${typed.sentence}`))
    }
    const { screen, before } = typed
    await heard?.typed({ text, before, after: screen })
    if (screen.faults) print(paint('dim', `~ ${screen.faults.join(', ')}`))
    if (screen.text !== '') {
      print(...(terminal ? frame(screen.text, terminal.columns()) : quote(screen.text)))
    }
    if (screen.problem !== undefined) {
      failed = true
      print(paint('red', `✗ ${screen.problem}`))
    }
  }

  if (code !== undefined) await type(code)
  for (;;) {
    ask()
    const line = await lines.next()
    if (line.done) break
    if (line.value.trim() === '' && !isWaiting()) {
      // In a pipe a blank line between two dialogues says nothing.
      if (terminal) break
      continue
    }
    await type(line.value)
  }
  reader.close()
  if (isWaiting()) {
    handsets.hangUp(msisdn)
    heard?.hungUp()
    print(...(terminal ? ['', paint('dim', 'hung up')] : ['hung up: the input ended and the screen waits']))
  }
  return { failed }
}
