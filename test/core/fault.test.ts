import { describe, expect, it } from 'vitest'
import {
  allowsFailover,
  fail,
  fault,
  faultCodes,
  faults,
  isRetryable,
  ok,
  readFault,
  writeFault,
} from '../../src/core/fault.ts'

describe('happy', () => {
  it('tells a value from a fault', () => {
    expect(ok(5)).toEqual({ ok: true, value: 5 })
    expect(fail('auth', 'Refused.')).toEqual({ ok: false, fault: { code: 'auth', message: 'Refused.' } })
  })

  it('carries evidence and a wait only where there is some', () => {
    const { fault: busy } = fail('rate_limited', 'Busy.', { evidence: { status: 429 }, retryAfterMs: 0 })
    expect(busy).toEqual({
      code: 'rate_limited',
      message: 'Busy.',
      evidence: { status: 429 },
      retryAfterMs: 0,
    })
    expect(fault('auth', 'Refused.', { retryAfterMs: undefined })).not.toHaveProperty('retryAfterMs')
  })

  it.each(faultCodes)('reads %s again as it was kept', (code) => {
    const { fault: kept } = fail(code, 'It happened.', { evidence: { words: ['…'] }, retryAfterMs: 5 })
    expect(readFault(writeFault(kept))).toEqual(kept)
  })

  it('has no fault where none was kept', () => {
    expect(readFault(writeFault(null))).toBeNull()
  })

  it('keeps no signature of a link that a provider repeats', () => {
    const said = 'cannot open "https://reelhook.test/v1/assets/a/content?expires=1&signature=AbC-_9", sorry'
    const { fault: kept } = fail('bad_request', 'Refused.', { evidence: { said: [said] } })
    expect(readFault(writeFault(kept))?.evidence).toEqual({ said: [said.replace('AbC-_9', '…')] })
  })

  it.each([
    'https://reelhook.test/webhooks/runware/job_01kbk6v3x6f9ja8c6mphr3z4aw/',
    'https://reelhook.test/uploads/job_01kbk6v3x6f9ja8c6mphr3z4aw/0/',
  ])('keeps no token of %s…, which a provider repeats', (url) => {
    const { fault: kept } = fail('bad_request', 'Refused.', { evidence: { said: `not "${url}AbC-_9"` } })
    expect(readFault(writeFault(kept))?.evidence).toEqual({ said: `not "${url}…"` })
  })

  it.each(faultCodes)('tells the caller of %s what to do about it', (code) => {
    expect(faults[code].remedy).toMatch(/^[A-Z].+\.$/)
  })
})

describe('refused', () => {
  it.each(['{}', '{"code":"oops","message":""}', '{"code":"auth"}', 'null'])(
    'does not take %s for a fault that was kept',
    (json) => {
      expect(readFault(json)).toBeNull()
    },
  )
})

describe('a video is never paid for twice', () => {
  it.each(['answer_lost', 'submit_unknown', 'task_lost', 'deadline_exceeded'] as const)(
    'asks nobody else after %s: it may have been bought',
    (code) => {
      expect(allowsFailover(code)).toBe(false)
    },
  )

  it.each(['answer_lost', 'submit_unknown'] as const)('never repeats a submission after %s', (code) => {
    expect(isRetryable(code)).toBe(false)
  })

  it.each(['bad_request', 'moderated'] as const)('does not shop around with what was wrong: %s', (code) => {
    expect(allowsFailover(code)).toBe(false)
    expect(isRetryable(code)).toBe(false)
  })

  it('asks elsewhere only where nothing was bought', () => {
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
