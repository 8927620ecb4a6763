/** One row: its name, its bars and its duration. Unfolded it shows its times, facts and answers. */

import { formatDuration } from '../../core/format.ts'
import { Time } from '../components/time.tsx'
import { costIn, costWords } from '../cost-words.ts'
import type { Axis } from './axis.ts'
import { Bars } from './bars.tsx'
import type { Row, Shown } from './row.ts'

export function TimelineRow({ row, axis }: { row: Row; axis: Axis }) {
  const { id, label, outcome, tone, segments, facts = {}, answers = [] } = row
  const first = Math.min(...segments.map(({ from }) => from))
  const last = Math.max(...segments.map(({ to }) => to))
  const isOpen = segments.some((segment) => segment.isOpen)
  const since = (ms: number) => formatDuration(Math.max(0, ms - axis.startedAt))
  return (
    <li>
      <details id={id}>
        <summary>
          <span class="what" dir="auto">
            <span class="label">{label}</span> <span class={`outcome ${tone}`}>{outcome}</span>{' '}
            {answers.length > 0 && (
              <span class="answers">{answers.length === 1 ? 'answer' : `${answers.length} answers`}</span>
            )}
          </span>
          <Bars segments={segments} axis={axis} />
          <span class="took">
            <span class="unseen">
              {first === last ? `at ${since(first)}.` : `from ${since(first)} to ${since(last)}. Took `}
            </span>
            {tookOf(row)}
            {isOpen && ' so far'}
          </span>
        </summary>
        <dl class="facts">
          <dt>from</dt>
          <dd>
            <Time at={iso(first)} /> ({since(first)} after acceptance)
          </dd>
          {first < last && !isOpen && (
            <>
              <dt>to</dt>
              <dd>
                <Time at={iso(last)} /> ({since(last)} after acceptance)
              </dd>
            </>
          )}
          {segments
            .filter(({ from, to, kind }) => kind === 'wait' && from < to)
            .map(({ from, to, label: name }) => (
              <>
                <dt>waiting</dt>
                <dd>
                  {formatDuration(to - from)}: {name}
                </dd>
              </>
            ))}
          {Object.entries(facts).map(
            ([name, value]) =>
              value != null && (
                <>
                  <dt>{name.replace(/_ms$/, '').replaceAll('_', ' ')}</dt>
                  <dd dir="auto">
                    <FactText name={name} value={value} />
                  </dd>
                </>
              ),
          )}
        </dl>
        {answers.map((answer) => (
          <Answer answer={answer} />
        ))}
      </details>
    </li>
  )
}

/** The duration of the work, without the wait before it. A row without work shows its wait. Marks take no time. */
function tookOf({ segments }: Row): string {
  const works = segments.filter(({ kind }) => kind === 'work')
  const counted = works.length > 0 ? works : segments.filter(({ kind }) => kind !== 'mark')
  if (counted.length === 0) return ''
  return formatDuration(counted.reduce((sum, { from, to }) => sum + to - from, 0))
}

function FactText({ name, value }: { name: string; value: unknown }) {
  if (typeof value === 'number' && name.endsWith('_ms')) return formatDuration(value)
  if (typeof value !== 'string') return costsIn(value) ?? JSON.stringify(value)
  if (name === 'delivery') return <a href={value}>{value.split('/').at(-1)}</a>
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? <Time at={value} /> : value
}

/** A cost, or costs by provider, in words. Null: it is neither. */
function costsIn(value: unknown): string | null {
  const cost = costIn(value)
  if (cost !== null) return costWords(cost)
  const byName = typeof value === 'object' && value !== null ? Object.entries(value) : []
  const texts = byName.flatMap(([name, each]) => {
    const one = costIn(each)
    return one === null ? [] : [`${name}: ${costWords(one)}`]
  })
  return texts.length === 0 || texts.length < byName.length ? null : texts.join('; ')
}

function Answer({ answer: { title, at, headers, body, truncated } }: { answer: Shown }) {
  const head = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}\n`)
  return (
    <figure class="answer">
      <figcaption>
        {title}, <Time at={at} />
        {truncated && ', cut'}
      </figcaption>
      <pre dir="auto">
        {head}
        {head.length > 0 && '\n'}
        {body === '' ? '(no body)' : body}
      </pre>
    </figure>
  )
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
