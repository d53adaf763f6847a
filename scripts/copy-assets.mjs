/** Copies what the compiler does not: the Lua commands, beside the code that loads them. */
import { cpSync } from 'node:fs'

cpSync('src/store/redis/commands', 'dist/src/store/redis/commands', { recursive: true })
