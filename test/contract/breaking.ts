/** Breaks a request in the places that were picked. */
import type { Body } from './bodies.ts'
import { editsOf } from './parameters.ts'
import type { Operation, Parameter } from './schema.ts'
import { edited, sitesIn } from './sites.ts'

/** Numbers that choose a place and one of its edits, whatever their count. */
export interface Pick {
  site: number
  edit: number
  isBreak: boolean
}

export interface Broken {
  parameters: { parameter: Parameter; texts: string[] }[]
  body: Body
  /** The paths of the broken places, as errors name them. */
  breaks: string[]
}

export function breakAt(
  operation: Operation,
  { parameters, body, picks }: { parameters: (string | undefined)[]; body: Body; picks: Pick[] },
): Broken {
  const result: Broken = {
    body,
    breaks: [],
    parameters: operation.parameters.map((parameter, n) => {
      const text = parameters[n]
      return { parameter, texts: text === undefined ? [] : [text] }
    }),
  }
  const inBody =
    body.kind === 'json' && operation.body !== null ? sitesIn(operation.body.schema, body.value) : []
  const places = [
    ...inBody.map(({ path, edits }) => ({ kind: 'body' as const, path, edits })),
    ...operation.parameters.map((parameter, n) => ({ kind: 'parameter' as const, n, parameter })),
  ]
  const used: string[][] = []
  for (const pick of picks) {
    const place = places[pick.site % places.length]
    if (place === undefined) continue
    const path = place.kind === 'body' ? ['body', ...place.path] : ['parameter', `${place.n}`]
    if (used.some((other) => isWithin(path, other) || isWithin(other, path))) continue
    used.push(path)
    if (place.kind === 'body') {
      const edit = pickFrom(place.edits, pick)
      if (edit === undefined || result.body.kind !== 'json') continue
      result.body = { kind: 'json', value: edited(result.body.value, place.path, edit) }
      if (edit.isBreak) result.breaks.push(place.path.join('.'))
    } else {
      const edit = pickFrom(editsOf(place.parameter), pick)
      const target = result.parameters[place.n]
      if (edit === undefined || target === undefined) continue
      target.texts = edit.texts
      if (edit.isBreak) result.breaks.push(place.parameter.name)
    }
  }
  return result
}

/** A break if one is wanted and there is one. */
function pickFrom<T extends { isBreak: boolean }>(edits: T[], { edit, isBreak }: Pick): T | undefined {
  const wanted = edits.filter((one) => one.isBreak === isBreak)
  const choices = wanted.length > 0 ? wanted : edits
  return choices[edit % choices.length]
}

function isWithin(path: string[], outer: string[]): boolean {
  return outer.every((name, n) => path[n] === name)
}
