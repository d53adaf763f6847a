import { instance } from '@viz-js/viz'

// Graphviz is a WebAssembly module: it takes a while to start and is used again.
let graphviz: ReturnType<typeof instance> | undefined

/** Graphviz measures Helvetica, and whatever is at hand is drawn. */
const FONTS = 'Helvetica,Arial,sans-serif'

/**
 * DOT drawn by Graphviz: an SVG document that ends in a line feed. Rejects with a TypeError for text that is no DOT.
 * @param title what the picture is called where it cannot be seen
 */
export async function svgOf(dot: string, title: string): Promise<string> {
  graphviz ??= instance()
  const drawn = (await graphviz).render(dot, { format: 'svg', engine: 'dot' })
  if (drawn.status === 'failure')
    throw new TypeError(`Graphviz cannot draw this: ${drawn.errors.map(({ message }) => message).join('; ')}`)
  const [, attributes = '', body = ''] = /<svg([^>]*)>([^]*)<\/svg>/.exec(drawn.output) ?? []
  return [
    `<svg role="img"${attributes.replaceAll(/\s+/g, ' ')}>`,
    `<title>${escaped(title)}</title>`,
    // What Graphviz notes of itself changes with its version, and a tip at every line is none.
    body
      .replaceAll('font-family="Helvetica,sans-Serif"', `font-family="${FONTS}"`)
      .replaceAll(/<!--[^]*?-->\n?|<title>[^]*?<\/title>\n?/g, '')
      .trim(),
    '</svg>\n',
  ].join('\n')
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
