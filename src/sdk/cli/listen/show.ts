/** A line of `listen`, for people. */
import { formatBytes, formatDuration } from '../../../core/format.ts'
import type { Event, Job } from '../../client/index.ts'
import { costText } from '../job/words.ts'
import type { Style } from '../output.ts'
import { columnsOf, cut, plain, wrap } from '../text.ts'
import type { Line } from './lines.ts'

export interface Look {
  style: Style
  isVerbose: boolean
  /** Columns of the terminal. */
  width: number
  /** `hh:mm:ss` now. */
  time: () => string
}

/** `isNotice`: it belongs on stderr. */
export function showLine(line: Line, look: Look): { text: string; isNotice: boolean } {
  const { style, time } = look
  switch (line.type) {
    case 'ready':
      return result(readyText(line, look))
    case 'event':
      return result(eventText(line, look))
    case 'answer':
      return result(answerText(line, look))
    case 'rejected':
      return notice(`${time()}  ${style.yellow('Refused a request:')} ${plain(line.error)}`)
    case 'gap':
      return notice(
        `${time()}  ${style.yellow('Events may be missing')} since ${line.since}. ${plain(line.message)}`,
      )
    case 'interrupted':
      return notice(
        `${time()}  ${style.yellow('The stream broke')} (${plain(line.error)}). It continues where it was …`,
      )
    case 'resumed':
      return notice(`${time()}  The stream continues.`)
    case 'left_out':
      return notice(
        wrap(
          `${style.yellow('Not followed:')} the event stream does not have ${line.event_types.join(', ')}.`,
          look.width,
        ).join('\n'),
      )
    case 'leftovers_deleted':
      return notice(`Deleted what an earlier run left: ${line.endpoint_ids.join(', ')}.`)
    case 'stopped':
      return line.error === null
        ? notice(
            line.endpoint_id === null ? 'Stopped.' : `Stopped. The endpoint ${line.endpoint_id} is deleted.`,
          )
        : notice(
            `${style.yellow(`Stopped. The endpoint ${line.endpoint_id} is not deleted:`)} ${plain(line.error)} The next run deletes it.`,
          )
  }
}

function result(text: string) {
  return { text, isNotice: false }
}

function notice(text: string) {
  return { text, isNotice: true }
}

type LineOf<Type extends Line['type']> = Extract<Line, { type: Type }>

function readyText(line: LineOf<'ready'>, { style, width }: Look): string {
  const { via, reason, secret, event_types, forward_to } = line
  const way = { endpoint: 'Deliveries arrive here', events: 'Events are read from the stream' }[via]
  return [
    ...wrap(`${style.green('Ready.')} ${way}: ${plain(reason)}.`, width),
    ...wrap(`Events   ${event_types.join(', ')}`, width),
    `Secret   ${style.bold(secret)}  ${style.dim('(stays the same)')}`,
    `Forward  ${forward_to ?? style.dim('nowhere: --forward <url> posts each event to your application')}`,
    style.dim('Press Ctrl-C to stop.'),
    '',
  ].join('\n')
}

function eventText({ id, event, headers }: LineOf<'event'>, look: Look): string {
  const { style, isVerbose, time } = look
  const facts = ['test' in event ? 'a test' : null, ...factsOf(event)].filter((fact) => fact !== null)
  const about = facts.length === 0 ? '' : `  ${facts.map(plain).join(', ')}`
  const text = withId(
    `${time()}  ${style.cyan('→')} ${paintType(event.type, style)}  ${'id' in event.data ? event.data.id : ''}${about}`,
    id,
    look,
  )
  if (!isVerbose) return text
  const shown = Object.entries(headers).map(([name, value]) => `${name}: ${plain(value)}`)
  return [text, ...indented([...shown, '', ...JSON.stringify(event, null, 2).split('\n')], style)].join('\n')
}

function paintType(type: string, style: Style): string {
  const shown = style.bold(plain(type).padEnd('job.generating'.length))
  if (type === 'job.succeeded') return style.green(shown)
  return type === 'job.failed' ? style.red(shown) : shown
}

/** The facts that a person looks for first. */
function factsOf(event: Event): (string | null)[] {
  switch (event.type) {
    case 'job.generating':
      return [event.data.provider]
    case 'output.stored':
    case 'output.late':
    case 'output.exported': {
      const { n, duration_seconds: seconds, bytes } = event.data.output
      const length = seconds === null ? null : `${seconds} s`
      return [`n ${n}`, length, bytes === null ? null : formatBytes(bytes)]
    }
    case 'job.succeeded': {
      const { length } = event.data.outputs
      return [length === 1 ? null : `${length} videos`, ...endOf(event.data)]
    }
    case 'job.failed': {
      const { fault } = event.data
      return [
        ...endOf(event.data),
        fault === null ? null : `${fault.code}: ${cut(fault.message, maxMessage)}`,
      ]
    }
    case 'job.canceled':
      return endOf(event.data)
    case 'job.erased':
      return [event.data.reason]
    case 'callback.test':
      return []
  }
}

/** The columns of a message. */
const maxMessage = 100

function endOf({ cost, created_at, settled_at }: Job): (string | null)[] {
  const durationMs = settled_at === null ? null : Date.parse(settled_at) - Date.parse(created_at)
  return [cost === null ? null : costText(cost), durationMs === null ? null : formatDuration(durationMs)]
}

function answerText(line: LineOf<'answer'>, look: Look): string {
  const { style, isVerbose, time } = look
  const { status, duration_ms, error, attempt, body, id } = line
  const isAccepted = status !== null && status >= 200 && status < 300
  const paint = isAccepted ? style.green : style.red
  const answer = status === null ? paint(plain(error ?? '')) : `${paint(String(status))} in ${duration_ms} ms`
  const again = attempt === 1 ? '' : `, attempt ${attempt}`
  const next = isAccepted ? '' : nextText(line)
  const text = withId(`${time()}  ${style.cyan('←')} ${answer}${again}${next}`, id, look)
  const excerpt = isAccepted && !isVerbose ? '' : body.slice(0, isVerbose ? undefined : maxExcerpt).trim()
  return excerpt === '' ? text : [text, ...indented(excerpt.split('\n'), style)].join('\n')
}

/** The id of the event ends the line where there is room for it. */
function withId(text: string, id: string, { style, isVerbose, width }: Look): string {
  const line = `${text}  ${style.dim(id)}`
  return isVerbose || columnsOf(line) <= width ? line : text
}

function nextText({ retried_by, retry_in_ms }: LineOf<'answer'>): string {
  switch (retried_by) {
    case 'reelhook':
      return '. Reelhook tries again'
    case 'listen':
      return `. Again in ${formatDuration(retry_in_ms ?? 0)}`
    case null:
      return '. No further attempt'
  }
}

/** How much it shows of the answer to an event that was not accepted. */
const maxExcerpt = 500

function indented(lines: readonly string[], style: Style): string[] {
  return lines.map((line) => style.dim(`            ${plain(line)}`).trimEnd())
}
