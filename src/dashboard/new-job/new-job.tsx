/** New job: the form, its uploads and the job that it makes. */

import { Hono, type Context as HonoContext } from 'hono'
import { adminKeyId } from '../../api/auth.ts'
import { type Problem, ProblemError } from '../../api/in-process.ts'
import { mayDo } from '../../core/access.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { mediaFields } from '../../core/request/media.ts'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import { streamFile } from '../stream-file.ts'
import { isCreation } from './create.tsx'
import { edit } from './edit.ts'
import { controlOf, type FieldFault, inFormOrder } from './faults.tsx'
import { NewJobForm } from './form.tsx'
import { type Loaded, loadForm, readAssets, readModels } from './load.ts'
import { prefill } from './prefill.ts'
import { maxFormBytes, readForm, storeFiles } from './uploads.ts'
import { assetIdsIn, fillFromLink, newValues, setList, textIn, type Values } from './values.ts'

type C = HonoContext<PageEnv>

export const newJobPages = new Hono<PageEnv>()
  .use('/jobs/new/*', async (c, next) => {
    if (!mayDo(c.get('caller'), 'jobs:write'))
      throw new ProblemError(
        pageProblem(c, 'forbidden', 403, 'A new job needs an API key with the scope jobs:write.'),
      )
    await next()
  })
  .get('/jobs/new', async (c) => {
    const { from } = c.req.query()
    if (from !== undefined) {
      const { values, notes } = await valuesFromJob(c, from)
      return showForm(c, values, { notes })
    }
    const [first] = await readModels(c.get('api'))
    const values = newValues(first?.model ?? '')
    fillFromLink(values, new URL(c.req.url).searchParams)
    return showForm(c, values)
  })
  .post('/jobs/new', async (c) => {
    const posted = await readForm(c.req.raw)
    if (posted === 'too_large') throw new ProblemError(pageProblem(c, posted, 413, formTooLarge))
    if (posted === 'unreadable_body')
      throw new ProblemError(pageProblem(c, posted, 400, 'Nothing was created. Send the form again.'))
    const { values } = posted
    const fileFaults = await storeFiles(c.get('api'), posted)
    if (isCreation(values)) return createJob(c, values, fileFaults)
    edit(values, textIn(values, 'action'))
    return showForm(c, values, { faults: fileFaults })
  })
  // The file alone: its stream goes to the bucket as it comes.
  .post('/jobs/new/assets', (c) => {
    const headers = new Headers()
    for (const name of ['content-type', 'content-length']) {
      const value = c.req.header(name)
      if (value !== undefined) headers.set(name, value)
    }
    return c.get('api').open('/v1/assets', { method: 'POST', headers, body: c.req.raw.body })
  })
  .get('/jobs/new/assets/:id', (c) =>
    streamFile(c, `/v1/assets/${encodeURIComponent(c.req.param('id'))}/content`),
  )

const formTooLarge = `Nothing was created. Without scripts, the files of a form have at most ${maxFormBytes / 1024 ** 2} MiB together: upload larger ones with POST /v1/assets, and write their ids into the form.`

/** A job that a form has made already is found by its key, so a second post leads to the same page. */
async function createJob(c: C, values: Values, fileFaults: FieldFault[]) {
  const loaded = await loadForm(c.get('api'), values)
  const key = textIn(values, 'idempotency_key').trim() || textIn(values, 'form_key')
  const faults = [...fileFaults, ...loaded.faults, ...keyFaults(key)]
  if (faults.length > 0) {
    const errors = inFormOrder([...faults, ...(loaded.problem?.errors ?? [])])
    const problem = { ...pageProblem(c, 'invalid_request', 422, 'Nothing was created or spent.'), errors }
    return showForm(c, values, { problem, faults, loaded })
  }
  const response = await c.get('api').open('/v1/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(loaded.body),
  })
  if (response.ok) return showJob(c, await response.json<JobView>())
  const refused: Problem = await response.json()
  const problem = { ...refused, errors: inFormOrder(refused.errors ?? []) }
  return showForm(c, values, { problem, loaded })
}

/** A key that may not see jobs must learn as well that the job exists: a person would send the form again. */
function showJob(c: C, { id }: JobView) {
  if (mayDo(c.get('caller'), 'jobs:read')) return c.redirect(`/jobs/${id}`, 303)
  return render(
    c,
    { title: 'The job was accepted' },
    <>
      <h1>The job was accepted</h1>
      <p class="alert active" role="status">
        It is <code>{id}</code>. Its page needs an API key with the scope <code>jobs:read</code>.
      </p>
      <a href="/jobs/new">New job</a>
    </>,
  )
}

/** A header has no other characters. */
function keyFaults(key: string): FieldFault[] {
  return /^[!-~](?:[ -~]{0,253}[!-~])?$/.test(key)
    ? []
    : [{ path: 'idempotency_key', message: 'must have 1 to 255 visible ASCII characters' }]
}

async function valuesFromJob(c: C, from: string) {
  const job = await c.get('api').read<JobView>(`/v1/jobs/${encodeURIComponent(from)}`)
  const media = new URLSearchParams()
  for (const field of mediaFields) setList(media, field, [job.request[field] ?? []].flat())
  const assets = await readAssets(c.get('api'), assetIdsIn(media))
  const usable = [...assets.values()].flatMap(({ id, job_id }) => (job_id === null ? [id] : []))
  return prefill(job, new Set(usable), c.get('caller'))
}

interface Shown {
  /** Why the job was not created. */
  problem?: Problem
  faults?: readonly FieldFault[]
  notes?: readonly string[]
  /** Already loaded for these values. */
  loaded?: Loaded
}

async function showForm(c: C, values: Values, shown: Shown = {}) {
  const { problem = null, faults = [], notes = [] } = shown
  const loaded = shown.loaded ?? (await loadForm(c.get('api'), values))
  const { errors } = problem ?? {}
  const state = {
    values,
    faults: errors ?? [...faults, ...loaded.faults, ...faultsOfFilled(values, loaded)],
    focus: controlOf(errors?.[0]?.path ?? ''),
  }
  const caller = c.get('caller')
  return render(
    c,
    {
      title: 'New job',
      status: problem?.status ?? 200,
      styles: ['new-job'],
      scripts: ['new-job'],
    },
    <NewJobForm
      state={state}
      loaded={loaded}
      problem={problem}
      notes={notes}
      baseUrl={c.env.context.config.publicBaseUrl}
      callbackUrl={caller.callbackUrl}
      isAdminKey={caller.keyId === adminKeyId}
    />,
  )
}

/** Until the form is sent, an empty field is not filled in yet, and has no fault. */
function faultsOfFilled(values: Values, { problem }: Loaded): FieldFault[] {
  return (problem?.errors ?? []).filter(({ path }) =>
    values.getAll(path.split('.')[0] ?? '').some((value) => value.trim() !== ''),
  )
}

function pageProblem(c: C, code: Problem['code'], status: number, detail: string): Problem {
  const titles = { forbidden: 'This API key is not allowed to do that', too_large: 'The form is too large' }
  const title = code === 'forbidden' || code === 'too_large' ? titles[code] : 'The job was not created'
  return { code, status, title, detail, request_id: c.env.requestId }
}
