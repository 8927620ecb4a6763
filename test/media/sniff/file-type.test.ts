import { describe, expect, it } from 'vitest'
import { extensionOf, fileTypeOf } from '../../../src/media/sniff/file-type.ts'
import { aFile, bytesIn, takenTypes } from '../../support/assets.ts'

describe('recognizes a file by its first bytes', () => {
  it.each(takenTypes)('%s', (type) => {
    const fileType = fileTypeOf(aFile(type), '')
    expect(fileType).toMatchObject({ contentType: type, kind: type.split('/')[0] })
    expect(extensionOf(type)).toBe(fileType?.extension)
  })

  it.each([
    ['an MP3 without a tag', '\xff\xfb\x90\x44', 'audio/mpeg'],
    ['an MP3 with a low sample rate', '\xff\xf3\x40\xc0', 'audio/mpeg'],
    ['an older GIF', 'GIF87a\x01\0\x01\0', 'image/gif'],
    ['a big-endian TIFF', 'MM\0*\0\0\0\x08', 'image/tiff'],
    ['an MP4 of an unknown brand', '\0\0\0\x20ftyp\0\0\0\0', 'video/mp4'],
    ['an audio book', '\0\0\0\x1cftypM4B ', 'audio/mp4'],
  ])('%s', (_, start, contentType) => {
    expect(fileTypeOf(bytesIn(start), '')).toMatchObject({ contentType })
  })
})

describe('the declared label', () => {
  it.each(['', 'text/plain', 'application/json', 'image/svg+xml', 'image/*', 'audio/mpeg', 'video/mp4'])(
    'changes nothing: %s',
    (declared) => {
      for (const type of takenTypes) {
        expect(fileTypeOf(aFile(type), declared), type).toMatchObject({ contentType: type })
      }
    },
  )

  it.each([
    'audio/mp4',
    'audio/x-m4a',
    'AUDIO/M4A',
    'audio/aac',
    'audio/3gpp',
    'audio/mp4; codecs="mp4a.40.2"',
  ])('decides whether an MP4 container is audio: %s', (declared) => {
    expect(fileTypeOf(aFile('video/mp4'), declared)).toMatchObject({
      kind: 'audio',
      contentType: 'audio/mp4',
    })
    expect(fileTypeOf(aFile('video/mp4'), declared, 'video')).toMatchObject({ contentType: 'video/mp4' })
  })

  it('is not needed if the expected kind is known', () => {
    expect(fileTypeOf(aFile('video/mp4'), '', 'audio')).toMatchObject({ contentType: 'audio/mp4' })
  })
})

describe('recognizes no accepted type in', () => {
  it.each([
    ['nothing', ''],
    ['too little of a PNG', '\x89PN'],
    ['zeros', '\0'.repeat(64)],
    ['an HTML page', '<!doctype html>'],
    ['an SVG image, which may contain scripts', '<svg xmlns="http://www.w3.org/2000/svg">'],
    ['a PDF document', '%PDF-1.7\n%\xe2\xe3\xcf\xd3'],
    ['a ZIP archive', 'PK\x03\x04\x14\0\0\0\x08\0\0\0'],
    ['an executable', '\x7fELF\x02\x01\x01\0\0\0\0\0'],
    ['a HEIF image', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'],
    ['an AVIF image', '\0\0\0\x1cftypavif\0\0\0\0avifmif1'],
    ['a Matroska video', '\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska'],
    ['an AVI video', 'RIFF\x24\0\0\0AVI LIST'],
    ['an AAC stream', '\xff\xf1\x50\x80\x02\x1f'],
    ['UTF-16 text', '\xff\xfeb\0o\0a\0t\0'],
    ['text that begins like a bitmap', 'BMW builds boats'],
    ['a FLAC', 'fLaC\0\0\0\x22'],
  ])('%s', (_, start) => {
    expect(fileTypeOf(bytesIn(start), '')).toBeNull()
  })
})
