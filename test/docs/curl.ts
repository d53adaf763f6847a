/** A `curl` of a document, made with fetch: so that documents can be tried where there is no curl. */

/**
 * What the command prints. `origin` takes the place of localhost:8141; throws for an option it does not know.
 *
 * @param jars the cookies that `-c` put into a file, and `-b` takes from there
 */
export async function curl(
  command: string,
  options: {
    readonly origin: string
    readonly environment?: Readonly<Record<string, string>>
    readonly jars?: Map<string, string>
  },
): Promise<string> {
  const { origin, environment = {}, jars = new Map<string, string>() } = options
  const [program, ...given] = words(command, environment)
  if (program !== 'curl') throw new Error(`this is no curl: ${command}`)
  const headers = new Headers()
  const data: string[] = []
  let method: string | undefined
  let address = ''
  let jar: string | undefined
  for (let word = given.shift(); word !== undefined; word = given.shift()) {
    switch (word) {
      case '-s':
        break
      case '-X':
        method = given.shift()
        break
      case '-H': {
        const [name = '', value = ''] = (given.shift() ?? '').split(/: */, 2)
        headers.set(name, value)
        break
      }
      case '-b':
        headers.set('cookie', jars.get(given.shift() ?? '') ?? '')
        break
      case '-c':
        jar = given.shift()
        break
      case '-d':
        data.push(given.shift() ?? '')
        break
      case '--data-urlencode': {
        const [name = '', ...value] = (given.shift() ?? '').split('=')
        data.push(`${name}=${encodeURIComponent(value.join('='))}`)
        break
      }
      default:
        if (word.startsWith('-')) throw new Error(`an option that is not known here: ${word}`)
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

/** The words of a line as a shell has them: quotes of both kinds, and variables outside of single ones. */
export function words(line: string, environment: Readonly<Record<string, string>> = {}): string[] {
  const expanded = (text: string) => text.replace(/\$(\w+)/g, (_all, name: string) => environment[name] ?? '')
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(
      /'([^']*)'|"([^"]*)"|[^'"]+/g,
      (all, literal?: string, text?: string) => literal ?? expanded(text ?? all),
    ),
  )
}
