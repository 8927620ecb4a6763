/** The videos of a job. A player is a part of its own, whose text stays the same while it plays. */

import { formatBytes, formatDuration } from '../../core/format.ts'
import { isSettled } from '../../core/job/job.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { Copyable } from '../components/code.tsx'
import { type Fact, Facts } from '../components/facts.tsx'
import { Time } from '../components/time.tsx'
import { headlineOf } from './failure-words.ts'

type Output = JobView['outputs'][number]

export function JobOutputs({ job }: { job: JobView }) {
  const numbers = Array.from({ length: Math.max(job.request.count, job.outputs.length) }, (_, n) => n)
  return (
    <section class="outputs" aria-labelledby="videos">
      <h2 id="videos">{numbers.length === 1 ? 'Video' : 'Videos'}</h2>
      <div class={numbers.length === 1 ? undefined : 'several'}>
        {numbers.map((n) => {
          const output = job.outputs.find((one) => one.n === n)
          return (
            <div class="card output">
              {numbers.length > 1 && <h3>Video {n + 1}</h3>}
              <div id={`video-${n}`} data-live>
                {output?.status === 'stored' ? (
                  <Player job={job} n={n} />
                ) : (
                  <Missing job={job} output={output} />
                )}
              </div>
              <div id={`facts-${n}`} data-live>
                {output?.status === 'stored' && <OutputFacts job={job} output={output} />}
              </div>
            </div>
          )
        })}
      </div>
    </section>
  )
}

function Player({ job, n }: { job: JobView; n: number }) {
  return (
    <>
      {/* biome-ignore lint/a11y/useMediaCaption: providers make no captions */}
      <video
        controls
        playsinline
        preload="metadata"
        src={`/jobs/${job.id}/outputs/${n}`}
        aria-label={`Video ${n + 1}`}
      />
      <p class="alert bad lost" hidden>
        The browser cannot play this video. It may have been deleted from the bucket. The download shows more.
      </p>
    </>
  )
}

function Missing({ job, output }: { job: JobView; output: Output | undefined }) {
  if (output?.status === 'failed' && output.fault !== null) {
    const { code, message, remedy } = output.fault
    return (
      <p>
        <strong>{headlineOf(code)}.</strong> {message} {remedy}
      </p>
    )
  }
  return (
    <p class="empty">
      {isSettled(job.status) ? 'There is no video.' : 'The video appears here as soon as it is stored.'}
    </p>
  )
}

function OutputFacts({ job, output }: { job: JobView; output: Output }) {
  return (
    <>
      {output.late && <p>Late: the provider finished this video after the deadline. The job stays failed.</p>}
      {output.unconfirmed && (
        <p>
          Unconfirmed: {job.provider} could not be asked before the deadline. Only its webhook or its upload
          names this video.
        </p>
      )}
      <Facts rows={factsOf(job, output)} />
    </>
  )
}

function factsOf({ id }: JobView, output: Output): Fact[] {
  const { n, sha256, width, height, duration_seconds: seconds, frame_rate: rate, bytes } = output
  const size = width === null || height === null ? null : `${width} × ${height}`
  const frames = rate === null ? null : `${Number(rate.toFixed(2))} frames per second`
  const file = [bytes === null ? null : formatBytes(bytes), output.content_type, codecsOf(output)]
  return [
    ['Picture', listed([size, frames])],
    ['Duration', seconds !== null && formatDuration(seconds * 1_000)],
    [
      'File',
      <>
        {listed(file)} · <a href={`/jobs/${id}/outputs/${n}?download=1`}>Download</a>
      </>,
    ],
    ['SHA-256', sha256 !== null && <Copyable text={sha256} label="the SHA-256" />],
    ['Export', output.export !== null && <Export copy={output.export} />],
  ]
}

function listed(parts: readonly (string | null)[]): string {
  return parts.filter(Boolean).join(', ')
}

function codecsOf({ video_codec: video, audio_codec: audio, has_audio: hasAudio }: Output): string {
  const sound = audio ?? (hasAudio === false ? 'no sound' : null)
  return [video, sound].filter((codec) => codec !== null).join(' with ')
}

function Export({ copy }: { copy: NonNullable<Output['export']> }) {
  return (
    <>
      {copy.status === 'pending' && 'Its copy in the bucket of the export is not there yet. '}
      {copy.status === 'failed' && 'It could not be copied to the bucket of the export. '}
      {copy.error}
      {copy.url !== null && <code>{copy.url}</code>}
      {copy.exported_at !== null && (
        <>
          , <Time at={copy.exported_at} />
        </>
      )}
    </>
  )
}
