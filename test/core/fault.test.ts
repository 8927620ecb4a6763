import { describe, expect, it } from 'vitest'
import {
  allowsFailover,
  fail,
  fault,
  faultCodes,
  faults,
  isMediaFault,
  isRetryable,
  ok,
  readFault,
  writeFault,
} from '../../src/core/fault.ts'

describe('happy', () => {
  it('a result is either a value or a fault', () => {
    expect(ok(5)).toEqual({ ok: true, value: 5 })
    expect(fail('auth', 'Refused.')).toEqual({ ok: false, fault: { code: 'auth', message: 'Refused.' } })
  })

  it('a fault has evidence and a wait only if they are given', () => {
    const { fault: busy } = fail('rate_limited', 'Busy.', { evidence: { status: 429 }, retryAfterMs: 0 })
    expect(busy).toEqual({
      code: 'rate_limited',
      message: 'Busy.',
      evidence: { status: 429 },
      retryAfterMs: 0,
    })
    expect(fault('auth', 'Refused.', { retryAfterMs: undefined })).not.toHaveProperty('retryAfterMs')
  })

  it.each(faultCodes)('reads a stored %s fault unchanged', (code) => {
    const stored = fault(code, 'It happened.', {
      evidence: { message: '…', code: 422 },
      retryAfterMs: 5,
      deniedTaskIds: { 'task-1': 2 },
    })
    expect(readFault(writeFault(stored))).toEqual(stored)
  })

  it('reads no fault where none was stored', () => {
    expect(readFault(writeFault(null))).toBeNull()
  })

  it('stores no signature of a link that a provider repeats', () => {
    const message =
      'cannot open "https://reelhook.test/v1/assets/a/content?expires=1&signature=AbC-_9", sorry'
    const refused = fault('bad_request', 'Refused.', { evidence: { message } })
    expect(readFault(writeFault(refused))?.evidence).toEqual({ message: message.replace('AbC-_9', '…') })
  })

  it.each([
    'https://reelhook.test/webhooks/runware/job_01kbk6v3x6f9ja8c6mphr3z4aw/',
    'https://reelhook.test/uploads/job_01kbk6v3x6f9ja8c6mphr3z4aw/0/',
  ])('stores no token of %s…, which a provider repeats', (url) => {
    const refused = fault('bad_request', 'Refused.', { evidence: { message: `not "${url}AbC-_9"` } })
    expect(readFault(writeFault(refused))?.evidence).toEqual({ message: `not "${url}…"` })
  })

  it('knows the codes that a media file may fail with', () => {
    expect(faultCodes.filter(isMediaFault)).toEqual([
      'media_expired',
      'media_unavailable',
      'media_truncated',
      'media_wrong_type',
      'media_too_large',
      'media_host_unlisted',
      'media_forbidden',
    ])
  })

  it.each(faultCodes)('says what the caller can do about %s', (code) => {
    expect(faults[code].remedy).toMatch(/^[A-Z].+\.$/)
  })
})

describe('refused', () => {
  it.each(['{}', '{"code":"oops","message":""}', '{"code":"auth"}', 'null'])(
    'reads no fault from the damaged JSON %s',
    (json) => {
      expect(readFault(json)).toBeNull()
    },
  )
})

describe('a video is never paid for twice', () => {
  it.each(['answer_lost', 'submit_unknown', 'task_lost', 'deadline_exceeded'] as const)(
    'does not fail over after %s: the video may have been bought',
    (code) => {
      expect(allowsFailover(code)).toBe(false)
    },
  )

  it.each(['answer_lost', 'submit_unknown'] as const)('never repeats a submission after %s', (code) => {
    expect(isRetryable(code)).toBe(false)
  })

  it.each(['bad_request', 'moderated'] as const)(
    'neither retries nor fails over after %s: the request itself is refused',
    (code) => {
      expect(allowsFailover(code)).toBe(false)
      expect(isRetryable(code)).toBe(false)
    },
  )

  it('fails over only for faults that prove that nothing was bought', () => {
    expect(faultCodes.filter(allowsFailover)).toEqual([
      'auth',
      'out_of_credit',
      'not_entitled',
      'rate_limited',
      'maintenance',
      'unavailable',
    ])
  })
})
