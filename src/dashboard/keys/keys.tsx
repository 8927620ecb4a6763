/** Keys. The scope admin sees all, creates, changes and revokes them. Any other key sees itself. */
import { Hono } from 'hono'
import { ProblemError } from '../../api/in-process.ts'
import { mayDo } from '../../core/access.ts'
import { withNotice } from '../components/notice.tsx'
import { readForm, textOf } from '../form.ts'
import type { PageEnv } from '../page-env.ts'
import { changedFields, defaultFields, fieldsOf, newKey, readFields } from './fields.ts'
import { renderKey } from './key-page.tsx'
import { renderKeys } from './list.tsx'
import { newestOf, renderCreated, renderNewKey } from './new-key.tsx'
import { renderOwnKey } from './own-key.tsx'
import { confirmRevocation, confirmRotation, renderRotated } from './questions.tsx'
import { type CreatedKey, type CurrentKey, type KeyView, keyPath, type Rotation } from './view.ts'

export const keyPages = new Hono<PageEnv>()
  .get('/keys', (c) => (mayDo(c.get('caller'), 'admin') ? renderKeys(c) : renderOwnKey(c)))
  .get('/keys/new', async (c) => {
    const { data } = await c.get('api').read<{ data: KeyView[] }>('/v1/api-keys')
    return renderNewKey(c, { fields: defaultFields, newest: newestOf(data) })
  })
  .post('/keys/new', async (c) => {
    const form = await readForm(c.req.raw)
    const fields = readFields(form)
    const api = c.get('api')
    // A form that is sent again, by a reload, must not create another key.
    const { data } = await api.read<{ data: KeyView[] }>('/v1/api-keys')
    const newest = textOf(form.get('newest'))
    const created = since(newest, data).find(({ name }) => name === fields.name)
    if (created !== undefined) return renderNewKey(c, { fields, newest: newestOf(data), created })
    const answer = await api.send<CreatedKey>('POST', '/v1/api-keys', newKey(fields))
    if (answer.ok) {
      // Two posts at the same time, as of a double click, both create a key. The secret is shown even if this read fails.
      const after = await api.send<{ data: KeyView[] }>('GET', '/v1/api-keys')
      const others = after.ok ? since(newest, after.body.data).filter(({ id }) => id !== answer.body.id) : []
      return renderCreated(
        c,
        answer.body,
        others.find(({ name }) => name === answer.body.name),
      )
    }
    return renderNewKey(c, { fields, newest: newestOf(data), problem: answer.problem })
  })
  .post('/keys/:id/enable-callbacks', async (c) => {
    const { id } = c.req.param()
    const answer = await c.get('api').send('POST', `${keyPath(id)}/enable-callbacks`)
    if (!answer.ok) throw new ProblemError(answer.problem)
    const hasPage = mayDo(c.get('caller'), 'admin') && id !== 'admin'
    return c.redirect(withNotice(hasPage ? `/keys/${encodeURIComponent(id)}` : '/keys', 'enabled'), 303)
  })
  // `admin` is the key of a setting: none of the pages below is about it. `current` is another route of the API.
  .use('/keys/:id/*', async (c, next) => (isStoredKey(c.req.param('id')) ? next() : c.notFound()))
  .get('/keys/:id', async (c) => {
    const key = await c.get('api').read<KeyView>(keyPath(c.req.param('id')))
    return renderKey(c, key, fieldsOf(key))
  })
  .post('/keys/:id', async (c) => {
    const { id } = c.req.param()
    const api = c.get('api')
    const fields = readFields(await readForm(c.req.raw))
    const key = await api.read<KeyView>(keyPath(id))
    const answer = await api.send<KeyView>('PATCH', keyPath(id), changedFields(fieldsOf(key), fields))
    if (!answer.ok) return renderKey(c, key, fields, answer.problem)
    return c.redirect(withNotice(`/keys/${encodeURIComponent(id)}`, 'saved'), 303)
  })
  .get('/keys/:id/rotate', async (c) => {
    const { id } = c.req.param()
    return confirmRotation(c, id, await rotatedAt(c.get('api'), id))
  })
  .post('/keys/:id/rotate', async (c) => {
    const { id } = c.req.param()
    const api = c.get('api')
    const form = await readForm(c.req.raw)
    const latest = await rotatedAt(api, id)
    // A form that is sent again must not replace the secret that the person has just copied.
    if (textOf(form.get('rotated_at')) !== (latest ?? '')) return confirmRotation(c, id, latest, 409)
    const answer = await api.send<Rotation>('POST', `${keyPath(id)}/rotate-secret`)
    if (!answer.ok) throw new ProblemError(answer.problem)
    return renderRotated(c, answer.body)
  })
  .get('/keys/:id/revoke', async (c) =>
    confirmRevocation(c, await c.get('api').read<KeyView>(keyPath(c.req.param('id')))),
  )
  .post('/keys/:id/revoke', async (c) => {
    const answer = await c.get('api').send('DELETE', keyPath(c.req.param('id')))
    if (!answer.ok) throw new ProblemError(answer.problem)
    return c.redirect(withNotice('/keys', 'revoked'), 303)
  })

function isStoredKey(id: string): boolean {
  return id.startsWith('key_')
}

/** The keys that were created after the one with this id. */
function since(newest: string, keys: readonly KeyView[]): readonly KeyView[] {
  const before = keys.findIndex(({ id }) => id === newest)
  return before < 0 ? keys : keys.slice(0, before)
}

/** By the scope admin, or by the key itself. */
async function rotatedAt(api: PageEnv['Variables']['api'], id: string): Promise<string | null> {
  const current = await api.read<CurrentKey>('/v1/api-keys/current')
  if (current.id === id) return current.secret_rotated_at
  return (await api.read<KeyView>(keyPath(id))).secret_rotated_at
}
