// Draws each table of the page that has `data-chart`, and folds the table up. Without this script the tables are shown.

/** @typedef {import('uplot')} Plot */
/** @typedef {typeof import('uplot')} PlotClass */

const height = 220
/** @type {Plot[]} */
let plots = []

/** Seconds, so that minutes and hours are whole. */
const durationSteps = [
  1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 18_000, 36_000, 86_400,
]

/** @type {Record<string, (value: number, largest: number) => string>} */
const axisTexts = {
  count: (value) => (Number.isInteger(value) ? value.toLocaleString('en-US') : ''),
  percent: (value) => `${value} %`,
  seconds: (value, largest) => {
    const [size, name] = largest < 120 ? [1, 's'] : largest < 7_200 ? [60, 'min'] : [3_600, 'h']
    return `${Number((value / size).toFixed(1))} ${name}`
  },
  usd: (value) => `$${value}`,
}

/**
 * What a table says: its texts, and its numbers by column; null where a cell has none.
 * @param {HTMLTableElement} table
 */
function read(table) {
  const rows = [...table.tBodies].flatMap(({ rows }) => [...rows])
  const [, ...heads] = table.tHead?.rows[0]?.cells ?? []
  return {
    times: rows.map(({ dataset }) => Date.parse(dataset.at ?? '') / 1_000),
    columns: heads.map((head, n) => {
      const cells = rows.map(({ cells }) => cells[n + 1])
      return {
        title: head.textContent ?? '',
        color: colorOf(head.querySelector('.swatch') ?? head, 'backgroundColor'),
        texts: cells.map((cell) => cell?.textContent ?? ''),
        values: cells.map((cell) => {
          const data = cell?.querySelector('data')
          return data ? Number(data.value) : null
        }),
      }
    }),
  }
}

/**
 * As the style has computed it: a canvas knows no variables.
 * @param {Element} element
 * @param {'color' | 'backgroundColor' | 'borderTopColor'} property
 */
function colorOf(element, property) {
  return getComputedStyle(element)[property]
}

/**
 * Bars are drawn over each other, the sum of all columns first, so that each seems to be on top of those before it.
 * @param {ReturnType<typeof read>['columns']} columns
 */
function stacked(columns) {
  /** @type {number[]} */
  let sums = []
  const tops = columns.map(({ values }) => {
    sums = values.map((value, n) => (sums[n] ?? 0) + (value ?? 0))
    return sums
  })
  return columns.map((column, n) => ({ ...column, values: tops[n] ?? [] })).reverse()
}

/** @param {(number | null)[]} values */
function countOf(values) {
  return values.filter((value) => value !== null).length
}

/**
 * @param {PlotClass} uPlot
 * @param {HTMLDetailsElement} details
 */
function draw(uPlot, details) {
  const table = details.querySelector('table')
  if (table === null) return
  const { chart, unit = 'count', interval } = details.dataset
  const { times, columns } = read(table)
  const isBars = chart === 'bars'
  const shown = isBars ? stacked(columns) : columns
  const isDaily = interval === 'day'
  const stamp = uPlot.fmtDate(isDaily ? '{YYYY}-{MM}-{DD}' : '{MMM} {D}, {HH}:{mm}')
  const dateOf = (/** @type {number} */ time) =>
    isDaily ? uPlot.tzDate(new Date(time * 1_000), 'Etc/UTC') : new Date(time * 1_000)
  const step = isDaily ? 86_400 : 3_600
  const first = times[0] ?? 0
  const last = times.at(-1) ?? 0
  const box = boxBefore(details)
  const paths = uPlot.paths.bars?.({ size: [0.8, 120], align: 1 })
  const bars = paths === undefined ? {} : { paths }
  const line = { stroke: colorOf(table.parentElement ?? table, 'borderTopColor'), width: 1 }
  const axis = {
    stroke: colorOf(details, 'color'),
    grid: line,
    ticks: line,
    font: '12px system-ui, sans-serif',
  }
  plots.push(
    new uPlot(
      {
        width: box.clientWidth,
        height,
        tzDate: dateOf,
        scales: {
          x: { range: () => [first, isBars ? last + step : Math.max(last, first + step)] },
          y: {
            range: (_, __, max) => [
              0,
              unit === 'percent' && max > 50 ? 100 : (uPlot.rangeNum(0, max || 10, 0.1, true)[1] ?? max),
            ],
          },
        },
        axes: [
          isDaily ? { ...axis, incrs: [1, 2, 4, 7, 14].map((days) => days * 86_400) } : axis,
          {
            ...axis,
            size: 64,
            ...(unit === 'seconds' && { incrs: durationSteps }),
            values: (_, splits) => splits.map((split) => axisTexts[unit]?.(split, splits.at(-1) ?? 0) ?? ''),
          },
        ],
        // The bar of an hour begins there, so the hour of the pointer is the one before it.
        cursor: {
          drag: { x: false, y: false },
          dataIdx: (_, __, nearest, at) =>
            isBars && nearest > 0 && (times[nearest] ?? 0) > at ? nearest - 1 : nearest,
        },
        series: [
          {
            label: isDaily ? 'Day (UTC)' : 'Hour',
            value: (_, time, __, n) => (n === null ? '' : stamp(dateOf(time))),
          },
          ...shown.map(({ title, color, texts, values }) => ({
            label: title,
            stroke: color,
            /** @type {import('uplot').Series.Value} */
            value: (_, __, ___, n) => (n === null ? '' : (texts[n] ?? '')),
            ...(isBars
              ? { fill: color, width: 0, points: { show: false }, ...bars }
              : { width: 2, spanGaps: true, points: { show: countOf(values) <= 40, size: 6 } }),
          })),
        ],
      },
      [times, ...shown.map(({ values }) => values)],
      box,
    ),
  )
}

/**
 * The box of the drawing. Its numbers are those of the table, which assistive technology reads.
 * @param {HTMLDetailsElement} details
 */
function boxBefore(details) {
  const before = details.previousElementSibling
  if (before instanceof HTMLElement && before.classList.contains('plot')) return before
  const box = document.createElement('div')
  box.className = 'plot'
  box.setAttribute('aria-hidden', 'true')
  details.before(box)
  details.open = false
  resized.observe(box)
  return box
}

const resized = new ResizeObserver(() => {
  for (const plot of plots) {
    const width = plot.root.parentElement?.clientWidth ?? 0
    if (width > 0 && width !== plot.width) plot.setSize({ width, height })
  }
})

/** The file of uPlot defines a global of the page. */
function drawAll() {
  const { uPlot } = /** @type {{ uPlot?: PlotClass }} */ (/** @type {unknown} */ (globalThis))
  if (uPlot === undefined) return
  for (const plot of plots) plot.destroy()
  plots = []
  for (const details of document.querySelectorAll('details[data-chart]')) {
    if (details instanceof HTMLDetailsElement) draw(uPlot, details)
  }
}

if (document.querySelector('details[data-chart]') !== null) {
  const script = document.createElement('script')
  script.src = '/static/uplot.min.js'
  script.addEventListener('load', drawAll)
  document.head.append(script)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll)
}
