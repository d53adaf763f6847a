/** Copies what the compiler does not, beside the code that loads it: the Lua commands and the templates of `ussd init`. */
import { cpSync } from 'node:fs'

for (const folder of ['src/store/redis/commands', 'src/cli/init/templates']) {
  cpSync(folder, `dist/${folder}`, { recursive: true })
}
