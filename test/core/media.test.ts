import { describe, expect, it } from 'vitest'
import { isMedia } from '../../src/core/media.ts'

const uri = (encoded: string) => `data:image/png;base64,${encoded}`

describe('embedded media', () => {
  it.each(['QQ==', 'QUI=', 'QUJD', 'QUJDREVG'])('%s can be decoded, and is taken', (encoded) => {
    expect(atob(encoded).length).toBeGreaterThan(0)
    expect(isMedia(uri(encoded))).toBe(true)
  })

  it.each(['', 'Q', 'QUJDR', 'Q===', 'QU=D', 'QUJD='])(
    '"%s" cannot be decoded, and is refused at the door',
    (encoded) => {
      expect(isMedia(uri(encoded))).toBe(false)
    },
  )

  it('of the largest size are judged at once', () => {
    expect(isMedia(uri('QUJD'.repeat(75_000)))).toBe(true)
    expect(isMedia(uri(`${'QUJD'.repeat(75_000)}Q`))).toBe(false)
  })
})
