import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { CommandError } from '../command-error.ts'

export interface RecordingFile {
  readonly path: string
  write(text: string): void
}

/**
 * Checks that a recording can be written, before anything is dialled. Throws `CommandError` if the file exists and
 * `overwrite` is false, or if it cannot be written. A file it had to create is removed again.
 */
export function openRecording(path: string, overwrite: boolean): RecordingFile {
  const exists = existsSync(path)
  if (exists && !overwrite) {
    throw new CommandError(`${path} exists. Choose another file, or add --overwrite.`, 2)
  }
  try {
    closeSync(openSync(path, 'a'))
    if (!exists) rmSync(path)
  } catch (error) {
    throw cannotWrite(path, error)
  }
  return {
    path,
    write(text) {
      try {
        writeFileSync(path, text)
      } catch (error) {
        throw cannotWrite(path, error)
      }
    },
  }
}

const cannotWrite = (path: string, error: unknown) =>
  new CommandError(`cannot write ${path}: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`, 1)
