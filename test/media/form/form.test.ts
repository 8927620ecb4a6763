/** The form parser: the file is the same, however the body is cut into chunks. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fault, ok } from '../../../src/core/fault.ts'
import { openForm } from '../../../src/media/form/form.ts'
import { parseForm } from '../../../src/media/form/parser.ts'
import type { ByteSource } from '../../../src/media/source.ts'
import { aFile, aForm, boundary, bytesIn, type FormPart, formType, joined } from '../../support/assets.ts'
import { sha256Of } from '../../support/videos.ts'

const readBytes = 256 * 1024

// The parser uses Node's Buffer if it exists. Production has none, so these tests remove it.
const { Buffer } = globalThis
beforeAll(() => Reflect.deleteProperty(globalThis, 'Buffer'))
afterAll(() => Object.assign(globalThis, { Buffer }))

interface Parsed {
  file: Uint8Array
  headers: unknown
  fault: Fault | null
}

function parse(chunks: Uint8Array[], contentType = formType['content-type'], maxBytes = 1_000_000): Parsed {
  const form = parseForm(contentType, { maxBytes, fileField: 'file' })
  const pieces: Uint8Array[] = []
  let fault: Fault | null = null
  for (const chunk of [...chunks, null]) {
    fault ??= form.feed(chunk)
    for (let piece = form.take(7); piece.length > 0; piece = form.take(7)) pieces.push(piece)
  }
  return { file: joined(pieces), headers: form.headers(), fault }
}

/** A source of the body, which transfers the buffer as the runtime does. */
function sourceFrom(body: Uint8Array): ByteSource {
  let at = 0
  return {
    length: null,
    contentType: '',
    async read(buffer) {
      const chunk = body.subarray(at, at + buffer.byteLength)
      const filled = new Uint8Array(buffer.transfer(), 0, chunk.length)
      filled.set(chunk)
      at += chunk.length
      return ok(chunk.length === 0 ? null : filled)
    },
  }
}

async function wholeOf(source: ByteSource): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for (;;) {
    const piece = await source.read(new ArrayBuffer(100_000))
    if (!piece.ok) throw new Error(piece.fault.message)
    if (piece.value === null) return joined(pieces)
    pieces.push(piece.value)
  }
}

function cut(body: Uint8Array, places: number[]): Uint8Array[] {
  const sorted = [0, ...[...places].sort((a, b) => a - b), body.length]
  return sorted
    .slice(1)
    .map((end, index) => body.subarray(sorted[index], end))
    .filter(({ length }) => length > 0)
}

// Many beginnings of the boundary.
const tricky = bytesIn(`\r\n--\r\n----WebKit\r\n--${boundary.slice(0, -1)}\r\r\n-`.repeat(3))
const part: FormPart = { fileName: 'boat.png', type: 'image/png', content: tricky }
const headers = {
  disposition: 'form-data; name="file"; filename="boat.png"',
  contentType: 'image/png',
}

describe('the file in a form', () => {
  it('is complete, wherever the body is cut in two', () => {
    const body = aForm([part])
    for (let at = 0; at <= body.length; at++) {
      expect(parse(cut(body, [at])), `cut at ${at}`).toEqual({ file: tricky, headers, fault: null })
    }
  })

  it('is complete, for any content and any chunks', () => {
    const letters = fc.constantFrom('\r', '\n', '-', 'W', 'b', '\0')
    fc.assert(
      fc.property(fc.array(letters), fc.array(fc.nat(400), { maxLength: 4 }), (content, places) => {
        const file = bytesIn(content.join(''))
        const body = aForm([{ ...part, content: file }])
        const within = places.map((place) => place % (body.length + 1))
        expect(parse(cut(body, within))).toEqual({ file, headers, fault: null })
      }),
      { numRuns: 1_000 },
    )
  })

  it('is complete if the body arrives byte by byte', () => {
    const body = aForm([part])
    expect(parse(cut(body, [...body.keys()]))).toEqual({ file: tricky, headers, fault: null })
  })

  it('is complete, wherever its end is between two reads', async () => {
    const head = aForm([{ ...part, content: '' }], '').length
    for (let over = 0; over < 60; over++) {
      const file = aFile('image/png', 2 * readBytes - head - over)
      const opened = await openForm(
        sourceFrom(aForm([{ ...part, content: file }])),
        formType['content-type'],
        { maxBytes: 1e7, fileField: 'file' },
      )
      if (!opened.ok || opened.value === null) throw new Error('the form has a file')
      const whole = await wholeOf(opened.value.source)
      expect(await sha256Of(whole), `${over} over`).toBe(await sha256Of(file))
    }
  })

  it.each([
    ['a preamble', (body: Uint8Array) => joined([bytesIn('This is a form.\r\n'), body])],
    ['an epilogue', (body: Uint8Array) => joined([body, bytesIn('That was a form.')])],
    ['no last line break', (body: Uint8Array) => body.subarray(0, -2)],
  ])('is read from a form with %s', (_, change) => {
    expect(parse([change(aForm([part]))])).toEqual({ file: tricky, headers, fault: null })
  })

  it('is read from a form with a quoted boundary', () => {
    expect(parse([aForm([part])], `multipart/form-data; boundary="${boundary}"`).fault).toBeNull()
  })

  it('may have neither a file name nor a type', () => {
    const { headers, fault } = parse([aForm([{ content: 'A boat' }])])
    expect(fault).toBeNull()
    expect(headers).toEqual({ disposition: 'form-data; name="file"', contentType: '' })
  })
})

describe('a form is refused', () => {
  it.each<[string, FormPart[]]>([
    ['without a part', []],
    ['with a field of another name', [{ ...part, name: 'picture' }]],
    ['with another field before the file', [{ name: 'title', content: 'A boat' }, part]],
    ['with another field after the file', [part, { name: 'title', content: 'A boat' }]],
    ['with two files', [part, part]],
  ])('%s', (_, parts) => {
    expect(parse([aForm(parts)]).fault).toMatchObject({ code: 'bad_request' })
  })

  it('if it breaks off at any position', () => {
    const body = aForm([part]).subarray(0, -4)
    for (let length = 0; length <= body.length; length++) {
      expect(parse([body.subarray(0, length)]).fault, `after ${length}`).toMatchObject({
        code: expect.stringMatching('media_truncated|bad_request'),
      })
    }
  })

  it.each([
    ['without a boundary', 'multipart/form-data'],
    ['with another boundary', 'multipart/form-data; boundary=other'],
    ['with an empty boundary', 'multipart/form-data; boundary=""'],
  ])('%s', (_, contentType) => {
    expect(parse([aForm([part])], contentType).fault).not.toBeNull()
  })

  it.each([
    ['a header without a name', ': value'],
    ['a malformed header', 'a boat'],
    [
      'a file name with a malformed percent encoding',
      "Content-Disposition: form-data; name=x; filename*=UTF-8''%ZZ",
    ],
    ['a header that is too long', `X-Boat: ${'a'.repeat(20_000)}`],
  ])('with %s', (_, header) => {
    const body = bytesIn(`--${boundary}\r\n${header}\r\n\r\nA boat\r\n--${boundary}--\r\n`)
    expect(parse([body]).fault).not.toBeNull()
  })

  it('if it is larger than the limit', () => {
    const long = aForm([{ ...part, content: new Uint8Array(2_000) }])
    expect(parse(cut(long, [1_000]), formType['content-type'], 1_500).fault).toMatchObject({
      code: 'media_too_large',
    })
  })
})

describe('a form with text fields', () => {
  const parts: FormPart[] = [
    { name: 'prompt', content: 'A paper boat' },
    { name: 'input', fileName: 'boat.png', content: aFile('image/png', 3_000) },
    { name: 'long', content: 'ä'.repeat(300_000) },
    { name: 'empty', content: '' },
  ]
  const read = async (body: Uint8Array, fileField: string | null = 'input') => {
    const texts: [string, string][] = []
    const onText = (name: string, text: Uint8Array) => {
      texts.push([name, new TextDecoder().decode(text)])
    }
    const opened = await openForm(sourceFrom(body), formType['content-type'], {
      maxBytes: 1e7,
      fileField,
      onText,
    })
    if (!opened.ok) return { fault: opened.fault.message }
    return { texts, file: opened.value === null ? null : await wholeOf(opened.value.source) }
  }

  it('has them all once its file was read, however the reads cut them', async () => {
    for (const bytes of [3_000, readBytes - 100, readBytes, 2 * readBytes + 17]) {
      const [first, file, ...others] = parts
      if (first === undefined || file === undefined) throw new Error('there are parts')
      const content = aFile('image/png', bytes)
      const form = await read(aForm([first, { ...file, content }, ...others]))
      expect(form.texts).toEqual([
        ['prompt', 'A paper boat'],
        ['long', 'ä'.repeat(300_000)],
        ['empty', ''],
      ])
      expect(await sha256Of(form.file ?? new Uint8Array())).toBe(await sha256Of(content))
    }
  })

  it('may have no file', async () => {
    const [first, , ...others] = parts
    if (first === undefined) throw new Error('there are parts')
    expect(await read(aForm([first, ...others]))).toMatchObject({ file: null })
  })

  it('has no file where none is allowed, and not too much text', async () => {
    expect(await read(aForm(parts), null)).toEqual({ fault: 'The form may have no file.' })
    const [first] = parts
    const text = { ...first, content: 'x'.repeat(1024 * 1024 + 1) }
    expect(await read(aForm([text]))).toEqual({
      fault: 'The fields of the form have more than 1048576 bytes.',
    })
  })
})
