/** The hosts in trouble, and the receivers that are disabled, in plain words. */
import { Hono } from 'hono'
import type { DisabledView, HostView } from '../../api/deliveries/hosts.ts'
import type { EndpointView } from '../../api/endpoints/view.ts'
import { queryOf } from '../../api/in-process.ts'
import { type Caller, mayDo } from '../../core/access.ts'
import { Notice, withNotice } from '../components/notice.tsx'
import { Pager } from '../components/pager.tsx'
import { ProblemAlert } from '../components/problem.tsx'
import { Status } from '../components/status.tsx'
import { Time } from '../components/time.tsx'
import { readForm, textOf } from '../form.ts'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import { hostInWords } from './words.ts'

export interface HostList {
  data: HostView[]
  disabled_callbacks: DisabledView[]
  next_cursor: string | null
}

const path = '/deliveries/hosts'

export const hostPages = new Hono<PageEnv>()
  .get(path, async (c) => {
    const [api, caller, nowMs] = [c.get('api'), c.get('caller'), c.env.context.now()]
    const { cursor } = c.req.query()
    const [list, endpoints] = await Promise.all([
      api.read<HostList>(`/v1/hosts${queryOf({ cursor })}`),
      api.read<{ data: EndpointView[] }>('/v1/endpoints'),
    ])
    const next = list.next_cursor
    return render(
      c,
      { title: 'Hosts in trouble', styles: ['deliveries'] },
      <>
        <h1>Hosts in trouble</h1>
        <Notice
          c={c}
          texts={{ enabled: 'The callbacks are enabled. Failed deliveries can be sent again.' }}
        />
        {isQuiet(list, endpoints.data) && (
          <p class="empty card">
            {next === null
              ? 'Every receiver accepts its deliveries.'
              : 'None here. There may be further hosts.'}
          </p>
        )}
        <HostsInTrouble
          list={{ ...list, next_cursor: null }}
          endpoints={endpoints.data}
          caller={caller}
          nowMs={nowMs}
        />
        <Pager
          first={cursor === undefined ? null : path}
          next={next === null ? null : path + queryOf({ cursor: next })}
        />
      </>,
    )
  })
  .post(`${path}/enable`, async (c) => {
    const id = encodeURIComponent(textOf((await readForm(c.req.raw)).get('api_key_id')))
    const enabled = await c.get('api').send('POST', `/v1/api-keys/${id}/enable-callbacks`)
    if (enabled.ok) return c.redirect(withNotice(path, 'enabled'), 303)
    const { problem } = enabled
    return render(c, { title: problem.title, status: problem.status }, <ProblemAlert problem={problem} />)
  })

interface Props {
  list: HostList
  endpoints: readonly EndpointView[]
  caller: Caller
  nowMs: number
}

/** Nothing, if all receivers are well. */
export function HostsInTrouble({ list, endpoints, caller, nowMs }: Props) {
  if (isQuiet(list, endpoints)) return null
  return (
    <div class="card">
      <h2>Receivers in trouble</h2>
      <ul class="troubles">
        {list.data.map((host) => (
          <li>
            <Status status={host.state} /> <strong>{host.host}</strong>
            {host.failing_since !== null && (
              <>
                {' '}
                has accepted nothing since <Time at={host.failing_since} />
              </>
            )}
            . {hostInWords(host, nowMs)} <Owner host={host} />
          </li>
        ))}
        {list.disabled_callbacks.map((disabled) => (
          <DisabledCallbacks disabled={disabled} caller={caller} />
        ))}
        {disabledByFailure(endpoints).map(({ id, url, disabled_at }) => (
          <li>
            <Status status="disabled" /> <strong>{hostOf(url)}</strong> accepted no delivery for five days, so
            its <a href={`/endpoints/${id}`}>endpoint</a> is disabled
            {disabled_at !== null && (
              <>
                {' '}
                since <Time at={disabled_at} />
              </>
            )}
            . It receives nothing until it is enabled.
          </li>
        ))}
      </ul>
      {list.next_cursor !== null && <a href={path}>All hosts in trouble</a>}
    </div>
  )
}

function Owner({ host: { endpoint_id: id } }: { host: HostView }) {
  if (id === null) return <span class="quiet">Callbacks of jobs</span>
  return (
    <span class="quiet">
      <a href={`/endpoints/${id}`}>Endpoint</a> · <a href={`/deliveries?endpoint_id=${id}`}>Deliveries</a>
    </span>
  )
}

function DisabledCallbacks({ disabled, caller }: { disabled: DisabledView; caller: Caller }) {
  const { api_key_id: id, host, disabled_at } = disabled
  return (
    <li>
      <Status status="disabled" /> <strong>{host}</strong> accepted no delivery for five days, so the
      callbacks of the API key <code>{id}</code> to it are disabled since <Time at={disabled_at} />.
      Deliveries to it fail without an attempt.
      {(id === caller.keyId || mayDo(caller, 'admin')) && (
        <form method="post" action={`${path}/enable`}>
          <input type="hidden" name="api_key_id" value={id} />
          <button type="submit">Enable the callbacks of this key</button>
        </form>
      )}
    </li>
  )
}

function isQuiet({ data, disabled_callbacks }: HostList, endpoints: readonly EndpointView[]): boolean {
  return data.length + disabled_callbacks.length + disabledByFailure(endpoints).length === 0
}

function disabledByFailure(endpoints: readonly EndpointView[]): EndpointView[] {
  return endpoints.filter(({ disabled_by }) => disabled_by === 'failure')
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}
