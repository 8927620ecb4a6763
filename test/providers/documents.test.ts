/**
 * The parameter tables of the source documents, row by row. A request to Reelhook can use every documented value, which
 * is sent in the documented form. Every other value is refused before anything is sent.
 */
import { describe, expect, it } from 'vitest'
import { requestSchema } from '../../src/core/request/request.ts'
import type { Provider, Submission } from '../../src/providers/provider.ts'
import { aConnection, aSubmissionOf, bodyOf, type Connection } from './documents/a-connection.ts'
import { aimlapi25 } from './documents/aimlapi-25.ts'
import { aimlapiMini } from './documents/aimlapi-mini.ts'
import { byteplusNewest, byteplusStandard } from './documents/byteplus.ts'
import { crunMiniR2v } from './documents/crun-mini-r2v.ts'
import type { Document, Overrides, Row } from './documents/document.ts'
import { falReference } from './documents/fal-reference.ts'
import { runwareMini } from './documents/runware-mini.ts'
import { scenarioFast } from './documents/scenario-fast.ts'
import { scenarioMini } from './documents/scenario-mini.ts'

const documents = [
  scenarioMini,
  scenarioFast,
  aimlapiMini,
  aimlapi25,
  runwareMini,
  crunMiniR2v,
  byteplusStandard,
  byteplusNewest,
  falReference,
]

describe.each(documents)('$title', (document) => {
  const { rows, fixed, unsupported, provider: name } = document

  it.each(usesOf(rows))('sends $name: $shown', async ({ request, at, value }) => {
    const connection = aConnection(document)
    const { submission, result } = await submit(connection, document, request)
    expect(valueAt(connection.sent[0], at)).toEqual(withAssetIds(value, submission.assets))
    // The simulator refuses undocumented fields.
    expect(result).toMatchObject({ ok: true })
    const submitted = connection.log().filter(({ what }) => !what.startsWith('import.'))
    expect(submitted.map(({ what }) => what)).toEqual(['submit.accepted'])
    expect(connection.sent).toHaveLength(1)
  })

  it.each(refusedOf(rows))('refuses an invalid value of $name: $shown', ({ request }) => {
    const { provider } = aConnection(document)
    const paths = refusedPaths(document, provider, request)
    expect(paths).not.toEqual([])
    for (const path of paths) expect(Object.keys(request)).toContain(path.split('.')[0])
  })

  it.each(fixed)('sets $name and refuses it as an option', async ({ name: row, at, value }) => {
    const connection = aConnection(document)
    const { submission } = await submit(connection, document, {})
    const expected = value(submission)
    expect(valueAt(connection.sent[0], at)).toEqual(expected)
    const options = { provider_options: { [name]: { [row]: expected } } }
    expect(refusedPaths(document, connection.provider, options)).toEqual([`provider_options.${name}`])
  })

  it.each(unsupported)('never sends %s and refuses it as an option', async (row) => {
    const connection = aConnection(document)
    await submit(connection, document, {})
    expect(documentedNames(connection.sent[0]?.body)).not.toContain(row)
    const options = { provider_options: { [name]: { [row]: 'https://storage.example.com/put' } } }
    expect(refusedPaths(document, connection.provider, options)).toEqual([`provider_options.${name}`])
  })

  it('sends no undocumented field and no empty list', async () => {
    const documented = [...rows, ...fixed].map((row) => row.name)
    for (const { request } of usesOf(rows)) {
      const connection = aConnection(document)
      await submit(connection, document, request)
      const [sent] = connection.sent
      for (const name of documentedNames(sent?.body)) expect(documented).toContain(name)
      // A documented list has at least one item.
      expect(JSON.stringify(sent?.body)).not.toContain('[]')
    }
  })

  it(`polls by ${document.statusParameter.name}`, async () => {
    const connection = aConnection(document)
    const { submission, result } = await submit(connection, document, {})
    if (!result.ok) throw new Error(result.fault.message)
    const { providerTaskId } = result.value
    const status = await connection.provider.getStatus({ provider: name, ...submission, providerTaskId })
    expect(status).toMatchObject({ ok: true, value: { state: 'pending' } })
    const { at, value } = document.statusParameter
    expect(valueAt(connection.sent[1], at)).toEqual(value(providerTaskId))
  })
})

/** Validates and submits as the product does: request schema, the provider's options, the provider's rules. */
async function submit(connection: Connection, document: Document, overrides: Overrides) {
  expect(refusedPaths(document, connection.provider, overrides)).toEqual([])
  const submission = await connection.prepare(aSubmissionOf(document, overrides, connection))
  return { submission, result: await connection.provider.submit(submission) }
}

/** The paths of the faults that stop a request. Empty: it is sent. */
function refusedPaths(document: Document, provider: Provider, overrides: Overrides): string[] {
  const parsed = requestSchema.safeParse(bodyOf(document, overrides))
  if (!parsed.success) return parsed.error.issues.map(({ path }) => path.join('.'))
  const request = parsed.data
  const options = provider.options.safeParse(request.provider_options[provider.name] ?? {})
  if (!options.success) return [`provider_options.${provider.name}`]
  return provider.refuse(request).map(({ path }) => path)
}

/** The value with the asset ids that replace uploaded media. */
function withAssetIds(value: unknown, assets: Submission['assets']): unknown {
  if (Array.isArray(value)) return value.map((each) => withAssetIds(each, assets))
  return typeof value === 'string' ? (assets?.get(value) ?? value) : value
}

function valueAt(sent: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, step) => {
    return typeof value === 'object' && value !== null
      ? Object.entries(value).find(([name]) => name === step)?.[1]
      : undefined
  }, sent)
}

/** The names of all leaf fields, with dots for nested objects, as in the documents. */
function documentedNames(body: unknown, prefix = ''): string[] {
  if (Array.isArray(body)) return body.flatMap((each) => documentedNames(each, prefix))
  if (typeof body !== 'object' || body === null) return [prefix]
  return Object.entries(body).flatMap(([name, value]) =>
    documentedNames(value, prefix === '' ? name : `${prefix}.${name}`),
  )
}

function usesOf(rows: Row[]) {
  return rows.flatMap(({ name, uses }) => uses.map((use) => ({ ...use, name, shown: short(use.value) })))
}

function refusedOf(rows: Row[]) {
  return rows.flatMap(({ name, refused }) =>
    refused.map((request) => ({ name, request, shown: short(request) })),
  )
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`
}
