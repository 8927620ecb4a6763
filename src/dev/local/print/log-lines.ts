/** The Worker's log for people: one line per unit of work. The JSON lines are in a file. No I/O. */
import { z } from 'zod'
import type { Paint } from './paint.ts'

/** Null: nothing to show. `isPrinted`: whether the callback server has printed a delivery of this job. */
export function logLine(json: string, paint: Paint, isPrinted: (jobId: string) => boolean): string | null {
  const line = parse(json)
  if (line === null) return json
  const { event, ...fields } = line
  if (quiet.includes(event) || isPrintedDelivery(event, fields, isPrinted)) return null
  const texts = Object.entries(fields).flatMap(([name, value]) => textOf(name, value))
  const text = `  ${event.padEnd(19)} ${texts.join('  ')}`.trimEnd()
  return paint(isTrouble(event, fields) ? 'yellow' : 'dim', text)
}

type Fields = Record<string, unknown>

function parse(json: string): ({ event: string } & Fields) | null {
  try {
    return lineSchema.parse(JSON.parse(json))
  } catch (error) {
    // Lines of the runtime itself, such as the stack of an error.
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null
    throw error
  }
}

// The welcome says the first. A sweep that finds nothing happens every minute, and what one finds has lines of its own.
const quiet = ['config.unguarded', 'metadata.read', 'sweep.finished']

function isPrintedDelivery(event: string, fields: Fields, isPrinted: (jobId: string) => boolean): boolean {
  const { next, job_id: jobId } = fields
  return (
    event === 'delivery.attempted' && next === 'delivered' && typeof jobId === 'string' && isPrinted(jobId)
  )
}

function isTrouble(event: string, { fault, status, reason }: Fields): boolean {
  return /failed|lost|given_up|rejected|dead/.test(event) || status === 'failed' || Boolean(fault ?? reason)
}

function textOf(name: string, value: unknown): string[] {
  if (value === null || value === undefined || omitted.has(name)) return []
  if (name === 'duration_ms' || name === 'waited_ms') return [`${value} ms`]
  if (name === 'bytes') return [`${value} bytes`]
  if (nameless.has(name)) return [String(value)]
  return [`${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`]
}

// They identify themselves. The others are shown with their name.
const nameless = new Set(['job_id', 'asset_id', 'provider', 'status', 'state', 'result', 'model'])
const omitted = new Set(['task_id', 'delivery_id', 'shard', 'trace_id'])

const lineSchema = z.looseObject({ event: z.string() })
