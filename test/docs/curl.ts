/** Runs the `curl` commands of documents with fetch, so that the tests need no curl. */

/**
 * Returns the output of a command. `origin` replaces localhost:8141. Throws on an unsupported option.
 *
 * @param jars cookie jars by file name, written by `-c` and read by `-b`
 * @param files contents of the files that `-d @name` sends
 */
export async function curl(
  command: string,
  options: {
    readonly origin: string
    readonly environment?: Readonly<Record<string, string>>
    readonly jars?: Map<string, string>
    readonly files?: ReadonlyMap<string, string>
  },
): Promise<string> {
  const { origin, environment = {}, jars = new Map<string, string>(), files } = options
  const [program, ...args] = words(command, environment)
  if (program !== 'curl') throw new Error(`Expected a curl command: ${command}`)
  const headers = new Headers()
  const data: string[] = []
  let method: string | undefined
  let address = ''
  let jar: string | undefined
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    switch (word) {
      case '-s':
        break
      case '-X':
        method = args.shift()
        break
      case '-H': {
        const [name = '', value = ''] = (args.shift() ?? '').split(/: */, 2)
        headers.set(name, value)
        break
      }
      case '-b':
        headers.set('cookie', jars.get(args.shift() ?? '') ?? '')
        break
      case '-c':
        jar = args.shift()
        break
      case '-d': {
        const value = args.shift() ?? ''
        // curl removes the line feeds of a file.
        data.push(value.startsWith('@') ? (files?.get(value.slice(1)) ?? '').replaceAll('\n', '') : value)
        break
      }
      case '--data-urlencode': {
        const [name = '', ...value] = (args.shift() ?? '').split('=')
        data.push(`${name}=${encodeURIComponent(value.join('='))}`)
        break
      }
      default:
        if (word.startsWith('-')) throw new Error(`Unsupported curl option: ${word}`)
        address = word
    }
  }
  if (data.length > 0 && !headers.has('content-type'))
    headers.set('content-type', 'application/x-www-form-urlencoded')
  const response = await fetch(address.replace(/^localhost:8141/, origin), {
    method: method ?? (data.length > 0 ? 'POST' : 'GET'),
    headers,
    ...(data.length > 0 && { body: data.join('&') }),
  })
  const cookie = response.headers.get('set-cookie')?.split(';')[0]
  if (jar !== undefined && cookie !== undefined) jars.set(jar, cookie)
  return response.text()
}

/** Splits a line into words like a shell: both kinds of quotes, and variables outside single quotes. */
export function words(line: string, environment: Readonly<Record<string, string>> = {}): string[] {
  const expanded = (text: string) => text.replace(/\$(\w+)/g, (_all, name: string) => environment[name] ?? '')
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(
      /'([^']*)'|"([^"]*)"|[^'"]+/g,
      (all, literal?: string, text?: string) => literal ?? expanded(text ?? all),
    ),
  )
}
