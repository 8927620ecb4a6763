/** A table that fits its width. No I/O. */
import { columnsOf, cut, padEnd, padStart, wrap } from './text.ts'

export interface Column<Row> {
  title: string
  /** Without colors: it may be cut. */
  cell: (row: Row) => string
  paint?: (text: string, row: Row) => string
  isRight?: boolean
  /** May be cut down to `minWidth`. One column at most. */
  isFlexible?: boolean
  /** Where there is no room, the columns with the lowest number are left out. Without one, never. */
  rank?: number
}

const gap = 2
const minWidth = 12

/** The lines of the table. Where not even its columns without a rank fit, each row takes several lines. */
export function tableLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number,
  paintTitle: (text: string) => string = (text) => text,
): string[] {
  const sized = columns.map((column) => ({
    ...column,
    width: Math.max(columnsOf(column.title), ...rows.map((row) => columnsOf(column.cell(row)))),
  }))
  const fitting = fitTo(sized, width)
  if (fitting === null) return rows.flatMap((row) => stacked(row, columns, width))
  const line = (text: (column: Sized<Row>) => string, paint: (text: string, column: Sized<Row>) => string) =>
    fitting
      .map((column, index) => {
        const shown = cut(text(column), column.width)
        const painted = paint(shown, column)
        if (column.isRight) return padStart(painted, column.width)
        return index === fitting.length - 1 ? painted : padEnd(painted, column.width)
      })
      .join(' '.repeat(gap))
      .trimEnd()
  return [
    line(({ title }) => title, paintTitle),
    ...rows.map((row) =>
      line(
        ({ cell }) => cell(row),
        (text, { paint }) => paint?.(text, row) ?? text,
      ),
    ),
  ]
}

type Sized<Row> = Column<Row> & { width: number }

/** Null: no choice of columns fits. */
function fitTo<Row>(columns: Sized<Row>[], width: number): Sized<Row>[] | null {
  const total = columns.reduce((sum, column) => sum + column.width + gap, -gap)
  if (total <= width) return columns
  const over = total - width
  const flexible = columns.find(({ isFlexible }) => isFlexible)
  if (flexible !== undefined && flexible.width - over >= minWidth) {
    return columns.map((column) => (column === flexible ? { ...column, width: column.width - over } : column))
  }
  const ranks = columns.flatMap(({ rank }) => (rank === undefined ? [] : [rank]))
  const lowest = Math.min(...ranks)
  return ranks.length === 0
    ? null
    : fitTo(
        columns.filter(({ rank }) => rank !== lowest),
        width,
      )
}

/** The first column on a line of its own, the others below it. */
function stacked<Row>(row: Row, columns: readonly Column<Row>[], width: number): string[] {
  const [first, ...others] = columns
  if (first === undefined) return []
  const paint = ({ paint: color }: Column<Row>, text: string) => color?.(text, row) ?? text
  const facts = others
    .map((column) => ({ column, text: column.cell(row) }))
    .filter(({ text }) => text !== '')
    .map(({ column, text }) =>
      paint(column, column.isFlexible ? cut(text, width - gap) : text).replaceAll(' ', nbsp),
    )
  return [
    paint(first, first.cell(row)),
    ...wrap(facts.join(`${nbsp} `), width - gap).map((line) => `  ${line.replaceAll(nbsp, ' ').trimEnd()}`),
  ]
}

/** Keeps the words of a cell together while its line is broken. */
const nbsp = '\u00A0'
