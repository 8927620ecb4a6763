/** Lists that have pages: their options, and one table of all pages that are shown. */
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { pageSize, time } from './options.ts'
import type { Style } from './output.ts'
import { type Column, tableLines } from './table.ts'

export interface PageOptions {
  limit: number
  cursor?: string
  all?: true
}

export function addPageOptions(command: Command, noun: string): Command {
  return command
    .option('--limit <n>', `${noun} of a page`, pageSize, 20)
    .option('--cursor <cursor>', 'the page after the one that ended with this next_cursor')
    .option('--all', 'all pages')
}

export interface Period {
  since?: string
  until?: string
}

export function addPeriodOptions(command: Command, noun: string): Command {
  const since = `only ${noun} created since then: 2026-11-29, with a time, or 2h, 3d ago`
  return command
    .option('--since <time>', since, time)
    .option('--until <time>', `only ${noun} created before this time`, time)
}

interface Page<Row> {
  data: Row[]
  next_cursor: string | null
}

type ReadPage<Row> = (cursor: { cursor?: string }) => Promise<Page<Row>>

/** All pages from the cursor on. */
export async function* pagesOf<Row>(read: ReadPage<Row>, first?: string): AsyncGenerator<Page<Row>> {
  let cursor = first
  do {
    const page = await read(cursor === undefined ? {} : { cursor })
    yield page
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
}

interface List<Row> {
  noun: string
  columns: (style: Style) => Column<Row>[]
  read: ReadPage<Row>
}

/** With --json a line for each page. */
export async function printPages<Row>(
  cli: Cli,
  { noun, columns, read }: List<Row>,
  options: PageOptions,
): Promise<void> {
  const { out, log } = cli
  let shown = 0
  for await (const page of pagesOf(read, options.cursor)) {
    if (cli.flags().json) cli.json(page)
    else if (page.data.length > 0) {
      const lines = tableLines(page.data, columns(out.style), out.width, out.style.bold)
      // The titles are above the first page only.
      for (const line of shown === 0 ? lines : lines.slice(1)) out.line(line)
    }
    shown += page.data.length
    if (options.all && page.next_cursor !== null) continue
    if (cli.flags().json) return
    if (shown === 0) log.line(`No ${noun}.`)
    if (page.next_cursor !== null) log.line(log.style.dim(`More: --cursor ${page.next_cursor}, or --all`))
    return
  }
}
