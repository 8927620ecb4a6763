/** The fields of a request, by the names that their options have. No I/O. */
import { plain } from '../text.ts'

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
}

/** A fault of a field, as the person who typed the option reads it. */
export function faultText({ path, message }: { path: string; message: string }): string {
  const [field = '', ...rest] = path.split('.')
  const name = Object.hasOwn(optionsByField, field) ? optionsByField[field] : field
  return plain([name, ...rest, message].filter((part) => part !== '').join(' '))
}
