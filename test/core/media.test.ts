import { describe, expect, it } from 'vitest'
import { formOf } from '../../src/core/media.ts'

const uri = (encoded: string) => `data:image/png;base64,${encoded}`

describe('embedded media', () => {
  it.each(['QQ==', 'QUI=', 'QUJD', 'QUJDREVG'])('%s can be decoded, and is taken', (encoded) => {
    expect(atob(encoded).length).toBeGreaterThan(0)
    expect(formOf(uri(encoded))).toBe('data_uri')
  })

  it.each(['', 'Q', 'QUJDR', 'Q===', 'QU=D', 'QUJD='])(
    '"%s" cannot be decoded, and is refused at the door',
    (encoded) => {
      expect(formOf(uri(encoded))).toBeNull()
    },
  )

  it('of the largest size are judged at once', () => {
    expect(formOf(uri('QUJD'.repeat(75_000)))).toBe('data_uri')
    expect(formOf(uri(`${'QUJD'.repeat(75_000)}Q`))).toBeNull()
  })
})

describe('media', () => {
  it.each([
    ['https://media.example.com/boat.png?size=2', 'url'],
    ['http://127.0.0.1:8000/boat.png', 'url'],
    ['asset://asset-20260801-hero', 'crun_asset'],
    ['0b2b6a0e-6d1b-4c53-9c0a-3b7a3c0f9d11', 'runware_id'],
    ['asset://', null],
    ['asset://hero/../boat', null],
    ['boat.png', null],
    ['ftp://media.example.com/boat.png', null],
    ['0b2b6a0e-6d1b-4c53-9c0a', null],
  ] as const)('%s has the form %s', (value, form) => {
    expect(formOf(value)).toBe(form)
  })
})
