import { createInterface } from 'node:readline'
import type { Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { styleText } from 'node:util'
import { frame, maskDialled, quote } from './text-phone.ts'
import type { Handsets } from './handset.ts'
import type { InputObserver } from './screen.ts'

interface TerminalOptions {
  readonly handsets: Handsets
  readonly msisdn: string
  /** Dialled before the first line is read. */
  readonly code: string | undefined
  /** The codes of menus. Transcripts show a dialled string as far as it is one of them. */
  readonly codes: readonly string[]
  readonly input: Readable
  readonly output: Writable
  /** The terminal; undefined for a pipe. */
  readonly terminal: { readonly columns: () => number; readonly hasColours: boolean } | undefined
  readonly observer?: InputObserver | undefined
}

/**
 * Operates one phone line by line until the input ends. Returns `failed` if the application failed, or if a line of a pipe
 * could not be sent.
 *
 * In a terminal, screens have a frame and every line has a prompt. An empty line on an idle phone quits; Ctrl-C hangs up. In a
 * pipe, the output is a transcript: `☎` and the masked code, `| …` for each line of a screen, and a bare `>` for a reply,
 * because any reply may be a secret. `✗` marks a failure, `~` an injected fault.
 */
export async function useInTerminal(options: TerminalOptions): Promise<{ readonly failed: boolean }> {
  const { handsets, msisdn, code, input, output, terminal, observer } = options
  const { paint, print } = createPrinter(options)
  const reader = createInterface({
    input,
    ...(terminal && { output }),
    terminal: terminal !== undefined,
    // The history would show earlier replies, which may be passwords.
    historySize: 0,
    crlfDelay: Infinity,
  })
  // Iterate at once: lines that arrive before would be lost.
  const lines = reader[Symbol.asyncIterator]()
  const isWaiting = () => handsets.screen(msisdn).state === 'waiting'
  let isBusy = false
  let failed = false

  const prompt = () => {
    if (!terminal) return
    reader.setPrompt(paint('cyan', isWaiting() ? '> ' : '☎ '))
    reader.prompt()
  }
  const hangUp = () => {
    handsets.hangUp(msisdn)
    observer?.recordHangUp()
  }
  reader.on('SIGINT', () => {
    if (!isBusy && !isWaiting()) return reader.close()
    hangUp()
    print('', paint('dim', 'hung up'))
    if (isBusy) return
    clearLine(reader)
    prompt()
  })
  const type = async (text: string) => {
    isBusy = true
    const hasFailed = await typeLine(options, text)
    isBusy = false
    failed ||= hasFailed
  }

  if (code !== undefined) await type(code)
  for (;;) {
    prompt()
    const line = await lines.next()
    if (line.done) break
    if (line.value.trim() === '' && !isWaiting()) {
      // In a pipe, a blank line may separate dialogues.
      if (terminal) break
      continue
    }
    await type(line.value)
  }
  reader.close()
  if (isWaiting()) {
    hangUp()
    print(...(terminal ? ['', paint('dim', 'hung up')] : ['hung up: the input ended while the screen waits']))
  }
  return { failed }
}

/** Types one line and prints the result. Returns true if it failed. */
async function typeLine(options: TerminalOptions, text: string): Promise<boolean> {
  const { handsets, msisdn, codes, terminal, observer } = options
  const { paint, print } = createPrinter(options)
  const wasWaiting = handsets.screen(msisdn).state === 'waiting'
  if (!terminal) print(wasWaiting ? '>' : `☎ ${maskDialled(text, codes)}`)
  const typed = await handsets.type(msisdn, text)
  if (typed.kind === 'refused') {
    print(paint('red', `✗ ${typed.message}`))
    return !terminal
  }
  const { screen, before } = typed
  await observer?.recordInput({ text, before, after: screen })
  if (screen.faults) print(paint('dim', `~ ${screen.faults.join(', ')}`))
  if (screen.text !== '') {
    print(...(terminal ? frame(screen.text, terminal.columns()) : quote(screen.text)))
  }
  if (screen.problem === undefined) return false
  print(paint('red', `✗ ${screen.problem}`))
  return true
}

function createPrinter({ output, terminal }: TerminalOptions) {
  return {
    paint: (style: 'dim' | 'red' | 'cyan', text: string) =>
      terminal?.hasColours ? styleText(style, text) : text,
    print: (...lines: readonly string[]) => void output.write(lines.map((line) => `${line}\n`).join('')),
  }
}

/** Deletes the partly typed line, by the key Ctrl-U. */
const clearLine = (reader: Interface) => reader.write(null, { ctrl: true, name: 'u' })
