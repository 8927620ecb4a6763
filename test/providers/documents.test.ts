/**
 * The parameter tables of the source documents, row by row: whatever a document lets one say can be said by a request
 * to Reelhook, and is sent as the document has it; whatever it does not allow is refused before anything is sent.
 */
import { describe, expect, it } from 'vitest'
import { requestSchema } from '../../src/core/request/request.ts'
import type { Provider, Submission } from '../../src/providers/provider.ts'
import { aLine, aSubmissionOf, bodyOf, type Line } from './documents/a-line.ts'
import { aimlapiMini } from './documents/aimlapi-mini.ts'
import { crunMiniR2v } from './documents/crun-mini-r2v.ts'
import type { Document, Overrides, Row } from './documents/document.ts'
import { runwareMini } from './documents/runware-mini.ts'
import { scenarioFast } from './documents/scenario-fast.ts'
import { scenarioMini } from './documents/scenario-mini.ts'

const documents = [scenarioMini, scenarioFast, aimlapiMini, runwareMini, crunMiniR2v]

describe.each(documents)('$title', (document) => {
  const { rows, own, closed, provider: name } = document

  it.each(usesOf(rows))('says $name: $shown', async ({ request, at, value }) => {
    const line = aLine(document)
    const { submission, answer } = await submit(line, document, request)
    expect(valueAt(line.sent[0], at)).toEqual(named(value, submission.assets))
    // The simulator knows the document as well, and takes no field that is not in it.
    expect(answer).toMatchObject({ ok: true })
    const submitted = line.log().filter(({ what }) => !what.startsWith('import.'))
    expect(submitted.map(({ what }) => what)).toEqual(['submit.accepted'])
    expect(line.sent).toHaveLength(1)
  })

  it.each(refusedOf(rows))('refuses what $name does not allow: $shown', ({ request }) => {
    const { provider } = aLine(document)
    const paths = refusedPaths(document, provider, request)
    expect(paths).not.toEqual([])
    for (const path of paths) expect(Object.keys(request)).toContain(path.split('.')[0])
  })

  it.each(own)('fills in $name by itself, and lets nobody else', async ({ name: row, at, value }) => {
    const line = aLine(document)
    const { submission } = await submit(line, document, {})
    const expected = value(submission)
    expect(valueAt(line.sent[0], at)).toEqual(expected)
    const options = { provider_options: { [name]: { [row]: expected } } }
    expect(refusedPaths(document, line.provider, options)).toEqual([`provider_options.${name}`])
  })

  it.each(closed)('keeps %s to itself', async (row) => {
    const line = aLine(document)
    await submit(line, document, {})
    expect(documentedNames(line.sent[0]?.body)).not.toContain(row)
    const options = { provider_options: { [name]: { [row]: 'https://storage.example.com/put' } } }
    expect(refusedPaths(document, line.provider, options)).toEqual([`provider_options.${name}`])
  })

  it('sends nothing that is in no row, and no empty list', async () => {
    const known = [...rows, ...own].map((row) => row.name)
    for (const { request } of usesOf(rows)) {
      const line = aLine(document)
      await submit(line, document, request)
      const [sent] = line.sent
      for (const name of documentedNames(sent?.body)) expect(known).toContain(name)
      // A list has one item at the least.
      expect(JSON.stringify(sent?.body)).not.toContain('[]')
    }
  })

  it(`asks by ${document.question.name}`, async () => {
    const line = aLine(document)
    const { submission, answer } = await submit(line, document, {})
    if (!answer.ok) throw new Error(answer.fault.message)
    const { providerTaskId } = answer.value
    const checked = await line.provider.getStatus({ provider: name, ...submission, providerTaskId })
    expect(checked).toMatchObject({ ok: true, value: { state: 'pending' } })
    expect(valueAt(line.sent[1], document.question.at)).toEqual(document.question.value(providerTaskId))
  })
})

/** As the product does it: through the door, the provider's options and its own rules, and then out. */
async function submit(line: Line, document: Document, overrides: Overrides) {
  expect(refusedPaths(document, line.provider, overrides)).toEqual([])
  const submission = await line.prepare(aSubmissionOf(document, overrides, line))
  return { submission, answer: await line.provider.submit(submission) }
}

/** Where each complaint points that keeps a request from being sent; none means that it is sent. */
function refusedPaths(document: Document, provider: Provider, overrides: Overrides): string[] {
  const parsed = requestSchema.safeParse(bodyOf(document, overrides))
  if (!parsed.success) return parsed.error.issues.map(({ path }) => path.join('.'))
  const request = parsed.data
  const options = provider.options.safeParse(request.provider_options[provider.name] ?? {})
  if (!options.success) return [`provider_options.${provider.name}`]
  return provider.refuse(request).map(({ path }) => path)
}

/** What is sent in the place of media, where they were uploaded first. */
function named(value: unknown, assets: Submission['assets']): unknown {
  if (Array.isArray(value)) return value.map((each) => named(each, assets))
  return typeof value === 'string' ? (assets?.get(value) ?? value) : value
}

function valueAt(sent: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((found, step) => {
    return typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[step] : undefined
  }, sent)
}

/** Every field that holds something, and those that it is in, as the documents name them. */
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
