import { instance } from '@viz-js/viz'

// Graphviz is a WebAssembly module: it starts slowly, so one instance is reused.
let graphviz: ReturnType<typeof instance> | undefined

/** Graphviz measures Helvetica; browsers draw the first of these that is installed. */
const FONTS = 'Helvetica,Arial,sans-serif'

/**
 * Draws DOT with Graphviz, as an SVG document that ends in a line feed. Rejects with a TypeError for invalid DOT.
 * @param title the text alternative of the picture
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
    // Drops comments with the version of Graphviz, and the tooltips of nodes and edges.
    body
      .replaceAll('font-family="Helvetica,sans-Serif"', `font-family="${FONTS}"`)
      .replaceAll(/<!--[^]*?-->\n?|<title>[^]*?<\/title>\n?/g, '')
      .trim(),
    '</svg>\n',
  ].join('\n')
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
