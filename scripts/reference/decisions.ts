import { readFileSync, readdirSync } from 'node:fs'
import { page } from './markdown.ts'

const FOLDER = 'docs/explanation/decisions'

interface Decision {
  readonly file: string
  readonly title: string
  readonly status: string
  readonly topic: string
}

function readDecision(file: string): Decision {
  const [heading = '', , header = ''] = readFileSync(`${FOLDER}/${file}`, 'utf8').split('\n')
  const [, status = '', topic = ''] = header.split(' · ')
  return { file, title: heading.replace(/^# /, ''), status, topic }
}

/** The index of the decision records, by topic. */
export function decisionsPage(): string {
  const decisions = readdirSync(FOLDER)
    .filter((file) => /^\d{4}-/.test(file))
    .toSorted()
    .map(readDecision)
  const topics = [...new Set(decisions.map(({ topic }) => topic))].toSorted()
  const line = ({ file, title, status }: Decision) =>
    `- [${title}](${file})${status === 'accepted' ? '' : ` (${status})`}`
  return page(
    '# Decision records',
    'Each record states one decision, its reasons and its costs. Numbers follow the order of the decisions. A superseded record links to the one that replaces it.',
    ...topics.flatMap((topic) => [
      `## ${topic}`,
      decisions
        .filter((decision) => decision.topic === topic)
        .map(line)
        .join('\n'),
    ]),
  )
}
