/** The media that a job was given: uploads as pictures and players, anything else by name. */
import type { JobView } from '../../core/job/view-schema.ts'
import { isAssetId, kindAt, mediaOf } from '../../core/request/media.ts'

export function JobInputs({ job }: { job: JobView }) {
  const inputs = mediaOf(job.request)
  if (inputs.length === 0) return null
  return (
    <>
      <h3>Inputs</h3>
      <ul class="inputs">
        {inputs.map(({ path, value }) => (
          <li>
            <Input job={job} path={path} value={value} />
            <div class="quiet">{nameOf(path)}</div>
          </li>
        ))}
      </ul>
    </>
  )
}

/** A file of another host is never loaded: it would learn who looks at the page. */
function Input({ job, path, value }: { job: JobView; path: string; value: string }) {
  if (/^https?:/i.test(value)) {
    return (
      <a href={value} rel="noreferrer" class="foreign">
        {value}
      </a>
    )
  }
  if (!isAssetId(value)) return <code>{value}</code>
  const src = `/jobs/${job.id}/inputs/${value}`
  switch (kindAt(path)) {
    case 'image':
      return (
        <a href={src}>
          <img src={src} alt={nameOf(path)} loading="lazy" />
        </a>
      )
    case 'video':
      // biome-ignore lint/a11y/useMediaCaption: callers upload no captions
      return <video src={src} controls preload="metadata" aria-label={nameOf(path)} />
    case 'audio':
      // biome-ignore lint/a11y/useMediaCaption: callers upload no captions
      return <audio src={src} controls preload="none" aria-label={nameOf(path)} />
  }
}

/** `reference_images.0` → `Reference image 1` */
function nameOf(path: string): string {
  const [field = '', index] = path.split('.')
  const words = field.replaceAll('_', ' ')
  const name = index === undefined ? words : `${words.replace(/s$/, '')} ${Number(index) + 1}`
  return name.charAt(0).toUpperCase() + name.slice(1)
}
