/** The Worker's log as `npm start` prints it. */
import { describe, expect, it } from 'vitest'
import { logLine } from '../../../src/dev/local/print/log-lines.ts'

const plain = (_: string, text: string) => text
const line = (fields: object, isPrinted = false) => logLine(JSON.stringify(fields), plain, () => isPrinted)

describe('a line of the log', () => {
  it('names the event, the job, the provider and the time that it took', () => {
    const submitted = { event: 'task.submitted', job_id: 'job_1', provider: 'crun', task_id: 'x', attempt: 1 }
    expect(line({ ...submitted, trace_id: 'y', duration_ms: 21 })).toBe(
      '  task.submitted      job_1  crun  attempt 1  21 ms',
    )
  })

  it('shows trouble in another color', () => {
    const colors: string[] = []
    const note = (color: string, text: string) => {
      colors.push(color)
      return text
    }
    logLine(JSON.stringify({ event: 'step.failed', error: 'TypeError' }), note, () => false)
    logLine(JSON.stringify({ event: 'job.settled', status: 'succeeded' }), note, () => false)
    logLine(JSON.stringify({ event: 'job.settled', status: 'failed' }), note, () => false)
    expect(colors).toEqual(['yellow', 'dim', 'yellow'])
  })

  it('is left out for sweeps, which happen every minute', () => {
    expect(line({ event: 'sweep.finished', shard: 0, jobs: 0 })).toBe(null)
  })

  it('is left out for a delivery that the callback server has printed', () => {
    const delivered = { event: 'delivery.attempted', job_id: 'job_1', attempt: 1, next: 'delivered' }
    expect(line(delivered, true)).toBe(null)
    expect(line(delivered, false)).toContain('delivery.attempted')
    expect(line({ ...delivered, next: 'retry' }, true)).toContain('delivery.attempted')
  })

  it('of the runtime itself is shown as it is', () => {
    expect(logLine('TypeError: oh no', plain, () => false)).toBe('TypeError: oh no')
    expect(logLine('[1, 2]', plain, () => false)).toBe('[1, 2]')
  })
})
