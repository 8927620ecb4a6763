/** Tables and text fit the terminal, whatever is in them. */
import { describe, expect, it } from 'vitest'
import { barText } from '../../../src/sdk/cli/job/bar.ts'
import { type Column, tableLines } from '../../../src/sdk/cli/table.ts'
import { columnsOf, cut, plain, wrap } from '../../../src/sdk/cli/text.ts'

interface Row {
  id: string
  status: string
  prompt: string
}

const columns: Column<Row>[] = [
  { title: 'Job', cell: ({ id }) => id },
  { title: 'Status', cell: ({ status }) => status, isRight: true, rank: 1 },
  { title: 'Prompt', cell: ({ prompt }) => prompt, isFlexible: true, rank: 2 },
]
const rows: Row[] = [
  { id: 'job_1', status: 'succeeded', prompt: 'a paper boat on a wide river' },
  { id: 'job_22', status: 'failed', prompt: '紙の船が川を下る' },
]

describe('a table', () => {
  it('aligns its columns', () => {
    expect(tableLines(rows, columns, 200)).toEqual([
      'Job        Status  Prompt',
      'job_1   succeeded  a paper boat on a wide river',
      'job_22     failed  紙の船が川を下る',
    ])
  })

  it('cuts the flexible column first', () => {
    expect(tableLines(rows, columns, 33)).toEqual([
      'Job        Status  Prompt',
      'job_1   succeeded  a paper boat…',
      'job_22     failed  紙の船が川を…',
    ])
  })

  it('then leaves out the columns with the lowest rank', () => {
    expect(tableLines(rows, columns, 22)).toEqual([
      'Job     Prompt',
      'job_1   a paper boat…',
      'job_22  紙の船が川を…',
    ])
  })

  it('takes several lines for a row where nothing else fits', () => {
    const always = columns.map(({ rank: _rank, isFlexible: _isFlexible, ...column }) => column)
    expect(tableLines(rows.slice(0, 1), always, 30)).toEqual([
      'job_1',
      '  succeeded',
      '  a paper boat on a wide river',
    ])
  })

  it.each([10, 20, 30, 40, 60, 80])('never has a line of more than %i columns', (width) => {
    for (const line of tableLines(rows, columns, width)) expect(columnsOf(line)).toBeLessThanOrEqual(width)
  })
})

describe('text', () => {
  it('counts wide characters twice, and marks and colors not at all', () => {
    expect(columnsOf('船')).toBe(2)
    expect(columnsOf('e\u0301')).toBe(1)
    expect(columnsOf(`\u001B[31m${'red'}\u001B[39m`)).toBe(3)
  })

  it('is cut without half of a character', () => {
    expect(cut('紙の船', 4)).toBe('紙…')
    expect(cut('boat', 4)).toBe('boat')
  })

  it('from outside moves no cursor and turns no writing', () => {
    expect(plain('a\u001B[2Jb\u202Ec\nd')).toBe('a [2Jb c d')
  })

  it('is broken at spaces, and a long word stays whole', () => {
    expect(wrap('one two https://example.com/a/long/path end', 8)).toEqual([
      'one two',
      'https://example.com/a/long/path',
      'end',
    ])
  })
})

describe('the bar', () => {
  it('shows the share, the percentage and the time', () => {
    expect(barText({ label: 'generating', share: 0.5, elapsedMs: 62_000 }, 80)).toBe(
      `generating  ${'█'.repeat(15)}${'░'.repeat(15)}   50 %  1:02`,
    )
  })

  it('is left out where there is no room', () => {
    expect(barText({ label: 'generating', share: 0.5, elapsedMs: 0 }, 26)).toBe('generating   50 %  0:00')
  })

  it('is a sign that turns where the progress is unknown', () => {
    expect(barText({ label: 'queued', share: null, elapsedMs: 3_600_000 }, 80)).toMatch(
      /^\S queued {2}1:00:00$/,
    )
  })

  it.each([5, 20, 40, 79])('fits %i columns', (width) => {
    const text = barText({ label: 'saving 2 of 3', share: 1, elapsedMs: 59_000 }, width)
    expect(columnsOf(text)).toBeLessThanOrEqual(width)
  })
})
