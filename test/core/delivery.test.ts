import { describe, expect, it } from 'vitest'
import { hostAndPathOf, isPatienceOver } from '../../src/core/delivery.ts'
import { hostPatienceMs, ownFailuresToDisable, streakForgottenMs } from '../../src/core/schedule.ts'

const now = Date.UTC(2026, 0, 10)
const enough = ownFailuresToDisable

describe('patience with a host', () => {
  it('is over after five days without one success, at the fourth failure of one delivery', () => {
    expect(isPatienceOver({ failingSince: now - hostPatienceMs, failedAt: now - 1 }, enough, now)).toBe(true)
    expect(isPatienceOver({ failingSince: now - hostPatienceMs, failedAt: now - 1 }, enough + 6, now)).toBe(
      true,
    )
  })

  it.each([
    ['the first failure was a moment later', now - hostPatienceMs + 1, now - 1, enough],
    ['this delivery has hardly been tried', now - 2 * hostPatienceMs, now - 1, enough - 1],
    [
      'nothing failed for two days before: it begins anew',
      now - hostPatienceMs,
      now - streakForgottenMs,
      enough,
    ],
  ])('lasts when %s', (_, failingSince, failedAt, own) => {
    expect(isPatienceOver({ failingSince, failedAt }, own, now)).toBe(false)
  })
})

describe('the host of a URL', () => {
  it.each([
    ['https://Caller.Example.com/hook?x=1', 'caller.example.com'],
    ['https://caller.example.com:443/', 'caller.example.com'],
    ['https://caller.example.com:8443/', 'caller.example.com:8443'],
    ['https://[2606:4700::1]/hook', '[2606:4700::1]'],
    ['https://größe.example.com/', 'xn--gre-6ka8i.example.com'],
  ])('of %s is %s', (url, host) => {
    expect(hostAndPathOf(url).host).toBe(host)
  })
})
