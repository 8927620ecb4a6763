import { describe, expect, it } from 'vitest'
import { containerOf } from '../../../src/media/sniff/container.ts'

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

const mp4 = { contentType: 'video/mp4', extension: 'mp4' }
const mov = { contentType: 'video/quicktime', extension: 'mov' }
const webm = { contentType: 'video/webm', extension: 'webm' }

describe('a video is told by its first bytes', () => {
  it.each([
    ['an MP4', '\0\0\0\x20ftypisom', mp4],
    ['an MP4 of the second version', '\0\0\0\x18ftypmp42', mp4],
    ["an MP4 of Apple's", '\0\0\0\x1cftypM4V ', mp4],
    ['an MP4 of a brand nobody knows', '\0\0\0\x20ftyp\0\0\0\0', mp4],
    ['an MP4 with more behind it', '\0\0\0\x20ftypisom\0\0\x02\0isomiso2', mp4],
    ['a QuickTime film', '\0\0\0\x14ftypqt  ', mov],
    ['a WebM', '\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f', webm],
  ])('%s', (_, start, container) => {
    expect(containerOf(bytes(start))).toEqual(container)
  })
})

describe('a QuickTime film without a file type is told by its boxes', () => {
  it.each([
    ['room for a large size', '\0\0\0\x08wide\0\0\0\x10mdat........'],
    ['its media', '\0\0\x10\0mdat....'],
    ['its media, to the end', '\0\0\0\0mdat....'],
    ['its media, of a size in 64 bits', '\0\0\0\x01mdat\0\0\0\x01\0\0\0\0'],
    ['its movie', '\0\0\x10\0moov....'],
    ['free room', '\0\0\x10\0free....'],
    ['room to skip', '\0\0\0\x0cskip....\0\0\0\x10moov'],
    ['a preview', '\0\0\0\x14pnot....'],
    ['free room before its type', '\0\0\0\x0cfree....\0\0\0\x14ftypqt  '],
  ])('%s', (_, start) => {
    expect(containerOf(bytes(start))).toEqual(mov)
  })

  it('and an MP4 behind free room is an MP4', () => {
    expect(containerOf(bytes('\0\0\0\x0cfree....\0\0\0\x14ftypisom'))).toEqual(mp4)
  })
})

describe('what is no video is told, too', () => {
  it.each([
    ['nothing', ''],
    ['too little', '\0\0\0\x20fty'],
    ['zeros', '\0'.repeat(12)],
    ['a page', '<!doctype html>'],
    ['JSON', '{"error":"not_found"}'],
    ['a PNG', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR'],
    ['a JPEG', '\xff\xd8\xff\xe0\0\x10JFIF\0\x01'],
    ['a GIF', 'GIF89a\x01\0\x01\0\0\0'],
    ['an MP3', 'ID3\x04\0\0\0\0\0\0\0\0'],
    ['a ZIP', 'PK\x03\x04\x14\0\0\0\x08\0\0\0'],
    ['a HEIF picture', '\0\0\0\x18ftypheic'],
    ['an AVIF picture', '\0\0\0\x1cftypavif'],
    ['sound in the boxes of an MP4', '\0\0\0\x20ftypM4A '],
    ['the right word in the wrong place', 'ftypisom\0\0\0\x20'],
    ['a box too small to be one', '\0\0\0\x07moov....'],
    ['free room before a picture', '\0\0\0\x0cfree....\0\0\0\x14ftypavif'],
    ['words that hold a name', 'The mdatum of all'],
    ['half of an EBML header', '\x1a\x45\xdf\0\0\0\0\0\0\0\0\0'],
  ])('%s', (_, start) => {
    expect(containerOf(bytes(start))).toBeNull()
  })
})
