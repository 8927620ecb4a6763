import { describe, expect, it } from 'vitest'
import { containerOf } from '../../../src/media/sniff/container.ts'

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

const mp4 = { contentType: 'video/mp4', extension: 'mp4' }
const mov = { contentType: 'video/quicktime', extension: 'mov' }
const webm = { contentType: 'video/webm', extension: 'webm' }

describe('recognizes a video by its first bytes', () => {
  it.each([
    ['an MP4', '\0\0\0\x20ftypisom', mp4],
    ['an MP4 of the second version', '\0\0\0\x18ftypmp42', mp4],
    ['an Apple MP4', '\0\0\0\x1cftypM4V ', mp4],
    ['an MP4 of an unknown brand', '\0\0\0\x20ftyp\0\0\0\0', mp4],
    ['an MP4 with more bytes', '\0\0\0\x20ftypisom\0\0\x02\0isomiso2', mp4],
    ['a QuickTime video', '\0\0\0\x14ftypqt  ', mov],
    ['a WebM', '\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f', webm],
  ])('%s', (_, start, container) => {
    expect(containerOf(bytes(start))).toEqual(container)
  })
})

describe('recognizes a QuickTime video without a file type box by', () => {
  it.each([
    ['space reserved for a 64-bit size', '\0\0\0\x08wide\0\0\0\x10mdat........'],
    ['its media data box', '\0\0\x10\0mdat....'],
    ['a media data box up to the end', '\0\0\0\0mdat....'],
    ['a media data box with a 64-bit size', '\0\0\0\x01mdat\0\0\0\x01\0\0\0\0'],
    ['its movie box', '\0\0\x10\0moov....'],
    ['free space', '\0\0\x10\0free....'],
    ['space to skip', '\0\0\0\x0cskip....\0\0\0\x10moov'],
    ['a preview', '\0\0\0\x14pnot....'],
    ['free space before its file type box', '\0\0\0\x0cfree....\0\0\0\x14ftypqt  '],
  ])('%s', (_, start) => {
    expect(containerOf(bytes(start))).toEqual(mov)
  })

  it('its brand, so that an MP4 after free space is an MP4', () => {
    expect(containerOf(bytes('\0\0\0\x0cfree....\0\0\0\x14ftypisom'))).toEqual(mp4)
  })
})

describe('does not recognize as a video', () => {
  it.each([
    ['nothing', ''],
    ['too little', '\0\0\0\x20fty'],
    ['zeros', '\0'.repeat(12)],
    ['an HTML page', '<!doctype html>'],
    ['JSON', '{"error":"not_found"}'],
    ['a PNG', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR'],
    ['a JPEG', '\xff\xd8\xff\xe0\0\x10JFIF\0\x01'],
    ['a GIF', 'GIF89a\x01\0\x01\0\0\0'],
    ['an MP3', 'ID3\x04\0\0\0\0\0\0\0\0'],
    ['a ZIP', 'PK\x03\x04\x14\0\0\0\x08\0\0\0'],
    ['a HEIF image', '\0\0\0\x18ftypheic'],
    ['an AVIF image', '\0\0\0\x1cftypavif'],
    ['audio in an MP4 container', '\0\0\0\x20ftypM4A '],
    ['a box name in the wrong place', 'ftypisom\0\0\0\x20'],
    ['a box that is too small', '\0\0\0\x07moov....'],
    ['free space before an image', '\0\0\0\x0cfree....\0\0\0\x14ftypavif'],
    ['text that contains a box name', 'The mdatum of all'],
    ['half of an EBML header', '\x1a\x45\xdf\0\0\0\0\0\0\0\0\0'],
  ])('%s', (_, start) => {
    expect(containerOf(bytes(start))).toBeNull()
  })
})
