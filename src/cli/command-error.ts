/** Why a command cannot do what it was asked for: a sentence, and the exit code, 2 where it was called wrongly. */
export class CommandError extends Error {
  readonly exitCode: 1 | 2

  constructor(sentence: string, exitCode: 1 | 2) {
    super(sentence)
    this.exitCode = exitCode
  }
}
