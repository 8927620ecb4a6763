/**
 * Example jobs, each of which shows something else on the pages, and what the other pages show. The simulator obeys the
 * sim(…) in the prompts. No example costs money.
 */
import { z } from 'zod'
import type { JobView } from '../../core/job/view-schema.ts'
import type { CallbackServer } from './callback-server.ts'
import type { Client } from './client.ts'
import { type Simulated, simulated } from './settings/own-settings.ts'

export interface Example {
  title: string
  request: Record<string, unknown>
}

type CallbackUrls = Pick<CallbackServer, 'url' | 'unreliableUrl'>

/** The callback server verifies with the secret of the API key that posts them. `providers`: the simulated ones. */
export function exampleJobs(
  { url, unreliableUrl }: CallbackUrls,
  providers: readonly Simulated[] = simulated,
): Example[] {
  const [provider, second] = providers
  if (provider === undefined) return []
  const example = (title: string, request: Record<string, unknown>): Example => ({
    title,
    request: {
      model: 'seedance-2.0-mini',
      provider,
      resolution: '480p',
      callback_url: url,
      metadata: { example: title },
      ...request,
    },
  })
  return [
    example('succeeds', { prompt: 'A paper boat drifts down a rainy gutter' }),
    example('four outputs', { prompt: 'Four boats race past a lighthouse', count: 4 }),
    example('refused by the moderation', {
      prompt: 'A boat that the moderation refuses sim(fail=moderated)',
    }),
    ...(second === undefined
      ? []
      : [
          example('fails over to another provider', {
            provider: [second, provider],
            prompt: `A boat changes its harbor sim(at=${second}, submit=402)`,
          }),
        ]),
    example('slow, with progress', {
      prompt: 'A sailing ship crosses the ocean sim(seconds=90, webhook=progress-first)',
    }),
    example('callback fails once', {
      prompt: 'A message in a bottle arrives at last',
      callback_url: unreliableUrl,
    }),
  ]
}

export function postExamples(
  client: Client,
  callbacks: CallbackUrls,
  providers: readonly Simulated[] = simulated,
): Promise<JobView[]> {
  return Promise.all(exampleJobs(callbacks, providers).map(({ request }) => client.postJob(request)))
}

/** An endpoint, and a key of a project with a budget, so that no page is empty. Once: a repetition adds nothing. */
export async function fillPages(client: Client, endpointUrl: string): Promise<void> {
  const endpoints = listSchema.parse(await (await client.get('/v1/endpoints')).json())
  if (endpoints.data.length === 0) await client.post('/v1/endpoints', { url: endpointUrl, description })
  const keys = listSchema.parse(await (await client.get('/v1/api-keys')).json())
  if (keys.data.some(({ name }) => name === exampleKey.name)) return
  await client.post('/v1/api-keys', exampleKey)
}

const description = 'Example of npm start: receives the final events of every job, and prints nothing.'
const exampleKey = { name: 'example shop', project: 'shop', monthly_budget_usd: 50 }
const listSchema = z.object({ data: z.array(z.object({ name: z.string().nullish() })) })
