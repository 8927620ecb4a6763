/** The bodies of requests: JSON from the schema, files, and bodies that are neither. */
import fc, { type Arbitrary } from 'fast-check'
import { aFile, aForm, formType, takenTypes } from '../support/assets.ts'
import { nested } from './hostile.ts'
import type { Operation } from './schema.ts'
import { toJson } from './sites.ts'
import { type Hints, valuesOf } from './values.ts'

export type Body = { kind: 'none' } | { kind: 'json'; value: unknown } | ({ kind: 'sent' } & Sent)

export interface Sent {
  content: string | Uint8Array<ArrayBuffer> | null
  contentType: string | null
}

export function bodyOf({ body, takesFile }: Operation, hints: Hints): Arbitrary<Body> {
  if (takesFile) return fc.constantFrom(...files)
  if (body === null) return fc.constant({ kind: 'none' })
  const { example: _, ...schema } = body.schema
  const generated = valuesOf(schema, hints)
  const example = body.example === undefined ? generated : fc.constant(body.example)
  // An example with some other fields is accepted more often than any fields together.
  const changed = fc
    .tuple(example, generated, fc.nat())
    .map(([base, other, mask]) => mixed(base, other, mask))
  const values = fc.oneof(
    { weight: 3, arbitrary: example },
    { weight: 3, arbitrary: changed },
    { weight: 2, arbitrary: generated },
  )
  return values.map((value) => ({ kind: 'json', value }))
}

/** Each bit of the mask decides on a field of the other value. */
function mixed(base: unknown, other: unknown, mask: number): unknown {
  if (typeof base !== 'object' || typeof other !== 'object' || other === null) return other
  const taken = Object.entries(other).filter((_, n) => (mask >> (n % 30)) % 4 === 1)
  return { ...base, ...Object.fromEntries(taken) }
}

export function sentAs(body: Body): Sent {
  switch (body.kind) {
    case 'none':
      return { content: null, contentType: null }
    case 'json':
      return { content: toJson(body.value), contentType: 'application/json' }
    case 'sent':
      return body
  }
}

const files: Body[] = takenTypes.flatMap((type) => [
  { kind: 'sent', content: aFile(type, 200), contentType: type },
  {
    kind: 'sent',
    content: aForm([{ fileName: 'boat', type, content: aFile(type, 200) }]),
    contentType: formType['content-type'],
  },
])

/** The body of another request, or no body at all. */
export function malformed({ method, takesFile }: Operation, body: Body, detail: number): Sent {
  // `Request` refuses to make one.
  if (method === 'GET') return sentAs(body)
  const { content } = sentAs(body)
  const text = typeof content === 'string' ? content : '{"model":"seedance-2.0-mini"}'
  const json = 'application/json'
  const encoder = new TextEncoder()
  const choices: Sent[] = [
    { content: null, contentType: null },
    { content: null, contentType: json },
    { content: '', contentType: json },
    { content: text.slice(0, -1), contentType: json },
    { content: `${text}${text}`, contentType: json },
    { content: `\uFEFF${text}`, contentType: json },
    { content: text.replaceAll('"', "'"), contentType: json },
    { content: text.replace('{', '{"a":NaN,'), contentType: json },
    { content: text.replace('{', '{"metadata":{"__proto__":{"a":"b"}},'), contentType: json },
    { content: text.replace('{', `{"metadata":${toJson(nested(40))},`), contentType: json },
    { content: `[${text}]`, contentType: json },
    { content: 'null', contentType: json },
    { content: toJson('x'.repeat(1_100_000)), contentType: json },
    {
      content: Uint8Array.from(encoder.encode(text).map((byte, n) => (n === 5 ? 0xff : byte))),
      contentType: json,
    },
    {
      content: Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff),
      contentType: `${json}; charset=utf-16`,
    },
    { content: 'a=b&c=d', contentType: 'application/x-www-form-urlencoded' },
    { content: aForm([{ content: 'no file' }]), contentType: formType['content-type'] },
    { content: aForm([{ content: 'no end' }], ''), contentType: formType['content-type'] },
    { content: 'no picture', contentType: 'image/png' },
    ...(takesFile ? [{ content: aFile('image/png', 7), contentType: 'image/png' }] : []),
  ]
  return choices[detail % choices.length] ?? sentAs(body)
}

export const mediaTypes: (string | null)[] = [
  null,
  '',
  'text/plain',
  'text/html',
  'application/xml',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'application/json5',
  'APPLICATION/JSON',
  'application/json; charset=latin1',
  'application/problem+json',
  'application/json, text/plain',
  'image/png',
  'video/*',
  '*/*',
  'json',
  ';',
]
