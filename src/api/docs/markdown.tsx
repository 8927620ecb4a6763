/** The few parts of Markdown that the description uses: headings, lists, tables, code, bold, links. */
import type { Child } from 'hono/jsx'

export function Markdown({ text, level }: { text: string; level: 2 | 4 }) {
  return (
    <>
      {text.split(/\n{2,}/).map((block) => (
        <Block text={block.trim()} level={level} />
      ))}
    </>
  )
}

function Block({ text, level }: { text: string; level: 2 | 4 }) {
  const heading = /^#+ +(.*)$/.exec(text)?.[1]
  if (heading !== undefined) return level === 2 ? <h2>{heading}</h2> : <h4>{heading}</h4>
  const [first = ''] = text.split('\n')
  if (first.startsWith('|')) return <Table lines={text.split('\n')} />
  if (!first.startsWith('- ')) return <p>{inline(text)}</p>
  const items = text.split(/^- /m).filter((item) => item !== '')
  return (
    <ul>
      {items.map((item) => (
        <li>{inline(item.trim())}</li>
      ))}
    </ul>
  )
}

/** A row of headings, a line of dashes, and the rows. No cell has a | in it. */
function Table({ lines: [head = '', , ...rows] }: { lines: string[] }) {
  const cellsOf = (line: string) => line.slice(1, -1).split('|')
  return (
    <table>
      <thead>
        <tr>
          {cellsOf(head).map((cell) => (
            <th scope="col">{inline(cell.trim())}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            {cellsOf(row).map((cell) => (
              <td>{inline(cell.trim())}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** `code`, **bold** and [links](https://…). Bold text may have code in it. */
export function inline(text: string): Child[] {
  return text.split(/(`[^`]+`|\*\*.+?\*\*|\[[^\]]+\]\([^)\s]+\))/).map((part) => {
    if (part.startsWith('`')) return <code>{part.slice(1, -1)}</code>
    if (part.startsWith('**')) return <b>{inline(part.slice(2, -2))}</b>
    const [, label, href] = /^\[(.+)\]\((.+)\)$/.exec(part) ?? []
    return href === undefined ? part : <a href={href}>{label}</a>
  })
}
