/** Requests for every operation: valid ones, and ones that are broken in one or more places. */
import fc, { type Arbitrary } from 'fast-check'
import { type Body, bodyOf, malformed, mediaTypes, sentAs } from './bodies.ts'
import { breakAt, type Pick } from './breaking.ts'
import { hostileTexts } from './hostile.ts'
import { encoded, parameterOf } from './parameters.ts'
import type { Operation, Parameter } from './schema.ts'
import type { Key, Seeds } from './seeds.ts'

export interface Call {
  operation: Operation
  key: Key
  method: string
  path: string
  headers: [name: string, value: string][]
  body: string | Uint8Array<ArrayBuffer> | null
  /** The paths of the places that the description refuses: the errors of the response must name them. */
  breaks: string[]
  twist: Twist
}

/** Something unusual beside the values: another method, body, content type or query, or a signed link. */
type Twist = 'none' | 'method' | 'body' | 'type' | 'query' | 'link'

interface Draft {
  key: Key
  parameters: (string | undefined)[]
  body: Body
  picks: Pick[]
  twist: Twist
  detail: number
}

export function callsOf(operations: Operation[], seeds: Seeds): Arbitrary<Call> {
  const calls = operations.map((operation) => ({
    // Most that can be wrong is wrong in a body.
    weight: operation.body === null ? 2 : 4,
    arbitrary: draftsOf(operation, seeds).map((draft) => callFrom(operation, draft, seeds)),
  }))
  return fc.oneof(...calls)
}

function draftsOf(operation: Operation, seeds: Seeds): Arbitrary<Draft> {
  const usable = fc.constantFrom(...seeds.keys.filter(({ isUsable }) => isUsable))
  const unusable = fc.constantFrom(...seeds.keys.filter(({ isUsable }) => !isUsable))
  const pick = fc.record({
    site: fc.nat(9_999),
    edit: fc.nat(9_999),
    isBreak: fc.constantFrom(true, true, true, false),
  })
  const isLinked = /\/(outputs\/\{n\}|content)$/.test(operation.path)
  return fc.record({
    key: fc.oneof({ weight: 6, arbitrary: usable }, { weight: 1, arbitrary: unusable }),
    parameters: fc.tuple(
      ...operation.parameters.map((parameter) => parameterOf(operation, parameter, seeds)),
    ),
    body: bodyOf(operation, seeds.hints),
    picks: fc.oneof(
      { weight: 4, arbitrary: fc.constant<Pick[]>([]) },
      { weight: 5, arbitrary: fc.array(pick, { minLength: 1, maxLength: 1 }) },
      { weight: 3, arbitrary: fc.array(pick, { minLength: 2, maxLength: 3 }) },
    ),
    twist: fc.constantFrom<Twist>(
      ...Array.from({ length: 16 }, () => 'none' as const),
      ...(['method', 'body', 'type', 'query'] as const),
      ...(isLinked ? Array.from({ length: 8 }, () => 'link' as const) : []),
    ),
    detail: fc.nat(9_999),
  })
}

function callFrom(operation: Operation, draft: Draft, seeds: Seeds): Call {
  const { key, twist, detail } = draft
  const { parameters, body, breaks } = breakAt(operation, draft)
  const link = twist === 'link' ? pick(seeds.links, detail) : undefined
  const inPlace = (place: Parameter['in']) =>
    parameters.flatMap(({ parameter, texts }) =>
      parameter.in === place ? texts.map((text): Pair => [parameter.name, text]) : [],
    )
  const path = inPlace('path').reduce(
    (path, [name, text]) => path.replace(`{${name}}`, () => encoded(text)),
    operation.path,
  )
  const query = [
    ...inPlace('query').filter(([name]) => !link?.query.some(([own]) => own === name)),
    ...(link?.query ?? []),
    ...(twist === 'query' ? [strangeQuery(detail)] : []),
  ]
  const search = query.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')
  const sent = twist === 'body' ? malformed(operation, body, detail) : sentAs(body)
  const contentType = twist === 'type' ? (pick(mediaTypes, detail) ?? null) : sent.contentType
  return {
    operation,
    key,
    method: twist === 'method' ? otherMethod(operation, detail) : operation.method,
    path: `${link?.path ?? path}${search === '' ? '' : `?${search}`}`,
    headers: [
      ...(key.authorization === null ? [] : [['authorization', key.authorization] satisfies Pair]),
      ...(contentType === null ? [] : [['content-type', contentType] satisfies Pair]),
      ...(operation.method === 'GET' ? headersOfGet(operation, detail) : []),
      ...inPlace('header'),
    ],
    body: sent.content,
    // The other twists hide the broken places.
    breaks: twist === 'none' || twist === 'query' ? breaks : [],
    twist,
  }
}

type Pair = [name: string, value: string]

function otherMethod({ method }: Operation, detail: number): string {
  return method === 'GET' && detail % 2 === 0 ? 'HEAD' : 'PUT'
}

/** The headers that HTTP has for every GET. */
function headersOfGet({ isStream }: Operation, detail: number): Pair[] {
  const header = detail % 3 === 0 ? pick(getHeaders, detail) : undefined
  return [
    ...(isStream && detail % 2 === 0 ? [['accept', 'text/event-stream'] satisfies Pair] : []),
    ...(header === undefined ? [] : [header]),
  ]
}

const getHeaders: Pair[] = [
  ['range', 'bytes=0-9'],
  ['range', 'bytes=99999999-'],
  ['range', 'bytes=--1, x'],
  ['if-none-match', '*'],
  ['if-none-match', '"x", W/"y'],
  ['if-match', '"x"'],
  ['if-modified-since', 'Fri, 20 Nov 2099 00:00:00 GMT'],
  ['if-unmodified-since', 'yesterday'],
]

function strangeQuery(detail: number): Pair {
  const names = ['unknown', 'metadata[order]', 'metadata[__proto__]', 'metadata[]', ...hostileTexts]
  return [pick(names, detail) ?? '', pick(hostileTexts, detail >> 3) ?? '']
}

function pick<T>(choices: readonly T[], detail: number): T | undefined {
  return choices[detail % choices.length]
}
