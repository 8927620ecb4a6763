import { describe, expect, it } from 'vitest'
import { dataUriFault, readDataUri } from '../../../src/core/request/data-uri.ts'
import { formOf } from '../../../src/core/request/media.ts'

const boat = Uint8Array.from('boat', (character) => character.charCodeAt(0))

describe('a data: URI is read in each valid spelling', () => {
  it.each([
    ['data:image/png;base64,Ym9hdA==', 'image/png'],
    ['data:image/PNG;base64,Ym9hdA==', 'image/png'],
    ['DATA:image/png;base64,Ym9hdA==', 'image/png'],
    ['Data:image/png;BASE64,Ym9hdA==', 'image/png'],
    ['data:image/png; base64,Ym9hdA==', 'image/png'],
    ['data:image/png;charset=utf-8;base64,Ym9hdA==', 'image/png'],
    ['data:image/png;name=boat.png;base64,Ym9hdA==', 'image/png'],
    ['data:image/svg+xml;base64,Ym9hdA==', 'image/svg+xml'],
    ['data:application/octet-stream;base64,Ym9hdA==', 'application/octet-stream'],
    ['data:;base64,Ym9hdA==', ''],
    ['data:image/png;base64,Ym9hdA', 'image/png'],
    ['data:image/png;base64,Ym9hdA%3D%3D', 'image/png'],
    ['data:image/png;base64,Ym9h\r\n dA==', 'image/png'],
  ])('%j', (uri, declared) => {
    expect(dataUriFault(uri)).toBeNull()
    expect(readDataUri(uri)).toEqual({ declared, bytes: boat })
    expect(formOf(uri)).toBe('data_uri')
  })
})

describe('an invalid data: URI is refused with a reason', () => {
  it.each([
    ['data:image/png;base64', /no comma/],
    ['data:image/png,%89PNG%0D%0A', /must be in base64: write data:image\/png;base64,/],
    ['data:image/png;base65,Ym9hdA==', /must be in base64/],
    ['data:image/png;base64,', /no content after its comma/],
    ['data:image/png;base64,Ym9_dA==', /base64url/],
    ['data:image/png;base64,Ym9hdA==!', /not base64/],
    ['data:image/png;base64,Ym9=hdA=', /not base64/],
    ['data:image/png;base64,Ym9ôdA==', /not base64/],
    ['data:image/png;base64,Ym9hd', /incomplete base64/],
    ['data:image/png;base64,Ym9hdA=', /incomplete base64/],
  ])('%j', (uri, message) => {
    expect(dataUriFault(uri)).toMatch(message)
    expect(formOf(uri)).toBeNull()
  })
})
