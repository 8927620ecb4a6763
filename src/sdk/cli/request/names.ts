/** The fields of requests, by the names that their options have. No I/O. */
import { plain, withCents } from '../text.ts'

const optionsByField: Readonly<Record<string, string>> = {
  model: '--model',
  first_frame: '--image',
  last_frame: '--last-image',
  reference_images: '--reference',
  reference_videos: '--reference',
  reference_audios: '--reference',
  duration: '--duration',
  resolution: '--resolution',
  aspect_ratio: '--aspect-ratio',
  output_format: '--output-format',
  generate_audio: '--no-audio',
  seed: '--seed',
  count: '--count',
  provider: '--provider',
  max_cost_usd: '--max-cost',
  callback_url: '--callback-url',
  metadata: '--metadata',
  job_id: '--job',
  endpoint_id: '--endpoint',
  event_type: '--event',
  status: '--status',
  created_after: '--since',
  created_before: '--until',
  since: '--since',
  until: '--until',
  limit: '--limit',
  cursor: '--cursor',
  project: '--project',
  scopes: '--scopes',
  expires_at: '--expires',
  requests_per_minute: '--requests-per-minute',
  monthly_budget_usd: '--monthly-budget',
}

/** A fault of a field, as the person who typed the option reads it. */
export function faultText({ path, message }: { path: string; message: string }): string {
  const [field = '', ...rest] = path.split('.')
  const name = Object.hasOwn(optionsByField, field) ? optionsByField[field] : field
  // The parts of a list are counted from 1, as those of an option are.
  const parts = rest.map((part) => (/^\d+$/.test(part) ? `no. ${Number(part) + 1}` : part))
  return plain([name, ...parts, withCents(message)].filter((part) => part !== '').join(' '))
}
