/** The lines of `listen` fit a terminal of 80 columns. */
import { expect, it } from 'vitest'
import type { Line } from '../../../src/sdk/cli/listen/lines.ts'
import { showLine } from '../../../src/sdk/cli/listen/show.ts'

const same = (text: string) => text
const style = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }
const id = 'evt_01m8kvbp2jencbbtebscw2me00'
const answered = { type: 'answer', id, attempt: 2, duration_ms: 43, error: null, body: '' } as const
const accepted: Line = { ...answered, status: 204, retried_by: null, retry_in_ms: null }
const failed: Line = {
  ...answered,
  status: null,
  error: 'nothing listens at localhost:3000',
  retried_by: 'listen',
  retry_in_ms: 5_000,
}
const ready: Line = {
  type: 'ready',
  via: 'endpoint',
  reason: 'Reelhook posts to http://127.0.0.1:37141/ (endpoint ep_01m8kvbg37encbbtcxh2cmn000)',
  endpoint_id: 'ep_01m8kvbg37encbbtcxh2cmn000',
  secret: 'whsec_MLkghWTG0Qe8E3L3WjdmhiL7+m62bEAxKBqNGVBLRS0=',
  event_types: ['job.generating', 'output.stored', 'job.succeeded', 'job.failed', 'job.canceled'],
  forward_to: 'http://localhost:3000/hooks',
}
const leftOut: Line = { type: 'left_out', event_types: ['output.late', 'output.exported', 'job.erased'] }

const show = (line: Line, width: number, isVerbose?: true) =>
  showLine(line, { style, isVerbose: isVerbose ?? false, width, time: () => '14:29:18' }).text

it.each([ready, accepted, failed, leftOut])('$type: no line is longer', (line) => {
  for (const shown of show(line, 80).split('\n')) expect(shown.length).toBeLessThanOrEqual(80)
})

it('the id of the event is there where it fits, and with --verbose', () => {
  expect(show(accepted, 80)).toContain(id)
  expect(show(failed, 80)).not.toContain(id)
  expect(show(failed, 120)).toContain(id)
  expect(show(failed, 80, true)).toContain(id)
})

it('an answer that never came has no duration', () => {
  expect(show(failed, 120)).toBe(
    `14:29:18  ← nothing listens at localhost:3000, attempt 2. Again in 5 s  ${id}`,
  )
})
