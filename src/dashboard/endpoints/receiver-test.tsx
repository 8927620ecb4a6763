/** The receiver test: four deliveries to any URL, and a report on what it made of them. */
import { Hono, type Context as HonoContext } from 'hono'
import type { CallbackReport } from '../../api/deliveries/test-callback.ts'
import type { Problem } from '../../api/in-process.ts'
import { mayDo } from '../../core/access.ts'
import { eventFormats } from '../../core/event.ts'
import { control, Field, faultAt } from '../components/field.tsx'
import { ProblemAlert } from '../components/problem.tsx'
import { readForm, textOf } from '../form.ts'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import { formatTexts } from './fields.ts'
import { Report } from './report.tsx'

export const receiverTestPages = new Hono<PageEnv>()
  .get('/receiver-test', (c) => {
    const { url = '', format = 'reelhook' } = c.req.query()
    return renderTest(c, { url, format })
  })
  .post('/receiver-test', async (c) => {
    const form = await readForm(c.req.raw)
    const text = (name: string) => textOf(form.get(name)).trim()
    const [url, secret, format] = [text('url'), text('secret'), text('format') || 'reelhook']
    const body = { url, format, ...(secret !== '' && { secret }) }
    const tested = await c.get('api').send<CallbackReport>('POST', '/v1/callbacks/test', body)
    return renderTest(c, body, tested.ok ? { report: tested.body } : { problem: tested.problem })
  })

interface Outcome {
  report?: CallbackReport
  problem?: Problem
}

function renderTest(
  c: HonoContext<PageEnv>,
  { url, format }: { url: string; format: string },
  { report, problem }: Outcome = {},
) {
  const fault = (name: string) => faultAt(problem, name)
  const hint = mayDo(c.get('caller'), 'admin')
    ? 'That of the endpoint or the job. The admin key has no callback secret of its own. It is not stored.'
    : 'That of the endpoint or the job. Empty: the callback secret of this API key. It is not stored.'
  return render(
    c,
    { title: 'Receiver test', status: problem?.status ?? 200, styles: ['deliveries'] },
    <>
      <h1>Receiver test</h1>
      {report !== undefined && <Report report={report} url={url} />}
      <form method="post" action="/receiver-test" class="card">
        {problem !== undefined && <ProblemAlert problem={problem} />}
        <p>
          Sends four deliveries of the type <code>callback.test</code>, which need no action: a valid one, one
          with a forged signature, a stale one, and the valid one again. None is stored or tried again.
        </p>
        <Field name="url" label="URL of the receiver" hint="https, on a public host." fault={fault('url')}>
          <input
            {...control('url', fault('url'))}
            type="url"
            required
            value={url}
            autocomplete="off"
            spellcheck={false}
          />
        </Field>
        <Field name="secret" label="Signing secret" hint={hint} fault={fault('secret')}>
          <input
            {...control('secret', fault('secret'))}
            type="password"
            autocomplete="off"
            placeholder="whsec_…"
          />
        </Field>
        <Field name="format" label="Format" hint="That of the endpoint or the job." fault={fault('format')}>
          <select {...control('format', fault('format'))}>
            {eventFormats.map((one) => (
              <option value={one} selected={one === format}>
                {formatTexts[one]}
              </option>
            ))}
          </select>
        </Field>
        <button type="submit" class="primary">
          {report === undefined ? 'Run the test' : 'Run it again'}
        </button>
      </form>
    </>,
  )
}
