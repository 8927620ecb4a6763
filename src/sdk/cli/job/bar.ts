/** One line that shows how far a job is. On a terminal it is drawn again and again; elsewhere each status is one line. */
import type { Job } from '../../client/index.ts'
import type { Connection } from '../api.ts'
import type { Cli } from '../cli.ts'
import type { Output } from '../output.ts'
import { cut } from '../text.ts'

export interface Bar {
  show(label: string, share: number | null): void
  /** Removes the line, so that what follows begins on a clean one. */
  clear(): void
}

const frameMs = 200

export function createBar({ log, flags, connection }: Cli): Bar {
  if (flags().json) return { show: () => undefined, clear: () => undefined }
  return log.isTerminal ? drawnBar(log, connection) : plainLines(log)
}

/** The end of a job is not shown here: its files come first. */
export function showJob(bar: Bar, job: Job): void {
  if (job.settled_at !== null) return
  const { status, progress } = job
  const isRunning = status === 'generating' && progress !== null
  bar.show(status, isRunning ? progress / 100 : null)
}

function drawnBar(log: Output, connection: Connection): Bar {
  const startedAt = Date.now()
  let line: { label: string; share: number | null } | null = null
  let timer: NodeJS.Timeout | undefined
  const draw = () => {
    if (line === null) return
    const shown = connection.isLost ? { label: 'no connection, trying again', share: null } : line
    const text = barText({ ...shown, elapsedMs: Date.now() - startedAt }, log.width - 1)
    log.write(`\r\u001B[2K${log.style.cyan(text)}`)
  }
  return {
    show: (label, share) => {
      const isNew = line?.label !== label
      line = { label, share }
      timer ??= setInterval(draw, frameMs).unref()
      // A download reports thousands of parts: the next frame shows them.
      if (isNew) draw()
    },
    clear: () => {
      clearInterval(timer)
      timer = undefined
      if (line !== null) log.write('\r\u001B[2K')
      line = null
    },
  }
}

/** The label, the bar, the percentage and the time: the bar takes what is left, and is left out where nothing is. */
export function barText(
  { label, share, elapsedMs }: { label: string; share: number | null; elapsedMs: number },
  width: number,
): string {
  const time = clock(elapsedMs)
  if (share === null)
    return cut(`${spinner[Math.floor(elapsedMs / frameMs) % spinner.length]} ${label}  ${time}`, width)
  const percent = `${Math.floor(share * 100)}`.padStart(3)
  const room = Math.min(30, width - label.length - percent.length - time.length - 8)
  const filled = Math.max(0, Math.min(room, Math.round(share * room)))
  const bar = room < 5 ? '' : `${'█'.repeat(filled)}${'░'.repeat(room - filled)}  `
  return cut(`${label}  ${bar}${percent} %  ${time}`, width)
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const

/** `0:42`, `12:03`, `1:00:05` */
function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60]
  const tail = `${minutes}`.padStart(hours > 0 ? 2 : 1, '0')
  return `${hours > 0 ? `${hours}:` : ''}${tail}:${`${seconds % 60}`.padStart(2, '0')}`
}

function plainLines(log: Output): Bar {
  let last = ''
  return {
    show: (label) => {
      if (label !== last) log.line(label)
      last = label
    },
    clear: () => undefined,
  }
}
