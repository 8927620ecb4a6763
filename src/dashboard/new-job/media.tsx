/** The frames and the references: by URL, by the id of an asset, or as files. */

import { maxBytesByKind } from '../../assets/upload.ts'
import { formatBytes, formatCount, formatDuration } from '../../core/format.ts'
import { isAssetId, kindAt, type MediaField } from '../../core/request/media.ts'
import { tagKinds } from './edit.ts'
import { FaultTexts, faultsAt, labelOf } from './faults.tsx'
import { controlProps, type FormState } from './field.tsx'
import type { AssetView } from './load.ts'
import type { Offer, Plan } from './plan.ts'
import { fileInputOf } from './uploads.ts'
import { listIn } from './values.ts'

interface MediaProps {
  field: MediaField
  state: FormState
  plan: Plan
  assets: ReadonlyMap<string, AssetView>
}

const titles: Readonly<Record<MediaField, string>> = {
  first_frame: 'First frame',
  last_frame: 'Last frame',
  reference_images: 'Reference images',
  reference_videos: 'Reference videos',
  reference_audios: 'Reference audio',
}

export function MediaFieldset({ field, state, plan, assets }: MediaProps) {
  const list = listIn(state.values, field)
  const max = maxIn(field, plan)
  const kind = kindAt(field)
  return (
    <fieldset class="drop" data-field={field} data-max-bytes={maxBytesByKind[kind]}>
      <legend>{titles[field]}</legend>
      <div id={`${field}-list`} data-part>
        <ol class="media">
          {list.map((value, index) => (
            <MediaRow field={field} index={index} value={value} state={state} asset={assets.get(value)} />
          ))}
          {list.length < max && <MediaRow field={field} index={list.length} value="" state={state} />}
        </ol>
        <p class="quiet">{limitsOf(field, plan, max)}</p>
      </div>
      <label class="file">
        {max === 1 ? `File: ${titles[field].toLowerCase()}` : `Files: ${titles[field].toLowerCase()}`}
        <input type="file" name={fileInputOf(field)} accept={`${kind}/*`} multiple={max > 1} />
      </label>
      <div role="status">
        <ul class="uploads" />
      </div>
    </fieldset>
  )
}

interface RowProps {
  field: MediaField
  index: number
  /** Empty: the row to add one. */
  value: string
  state: FormState
  asset?: AssetView | undefined
}

function MediaRow({ field, index, value, state, asset }: RowProps) {
  const id = `${field}-${index}`
  const label = labelOf(field.startsWith('reference_') ? `${field}.${index}` : field)
  const kind = tagKinds[field]
  return (
    <li>
      {asset !== undefined && <Thumbnail asset={asset} />}
      <div class="media-value">
        <input
          name={field}
          value={value}
          placeholder="https://… or asset_…"
          aria-label={`${label}: URL or id`}
          inputmode="url"
          autocomplete="off"
          {...controlProps(id, state)}
        />
        <div id={`${id}-notes`}>
          <FaultTexts faults={faultsAt(state.faults, id)} />
          {asset !== undefined && <p class="quiet">{wordsOf(asset)}</p>}
          {asset === undefined && isAssetId(value) && <p class="quiet">An asset that you cannot see.</p>}
        </div>
        {value !== '' && (
          <div class="row">
            {kind !== undefined && (
              <button type="submit" name="action" value={`tag:${kind}:${index + 1}`}>
                Insert {`{{${kind}:${index + 1}}}`}
              </button>
            )}
            {index > 0 && (
              <button
                type="submit"
                name="action"
                value={`up:${field}:${index}`}
                aria-label={`Move ${label.toLowerCase()} up`}
              >
                Up
              </button>
            )}
            <button
              type="submit"
              name="action"
              value={`remove:${field}:${index}`}
              aria-label={`Remove ${label.toLowerCase()}`}
            >
              Remove
            </button>
          </div>
        )}
      </div>
    </li>
  )
}

function Thumbnail({ asset: { id, kind } }: { asset: AssetView }) {
  const src = `/jobs/new/assets/${id}`
  if (kind === 'image') return <img class="thumb" src={src} alt="" loading="lazy" />
  if (kind === 'video') return <video class="thumb" src={src} preload="metadata" muted playsinline />
  return null
}

function wordsOf({ file_name, content_type, bytes, width, height, duration_seconds }: AssetView) {
  const facts = [
    content_type,
    ...(width === null || height === null ? [] : [`${width} × ${height}`]),
    ...(duration_seconds === null ? [] : [formatDuration(duration_seconds * 1_000)]),
    formatBytes(bytes),
  ]
  return (
    <>
      {file_name !== null && <bdi>{`${file_name} · `}</bdi>}
      {facts.join(' · ')}
    </>
  )
}

function maxIn(field: MediaField, { offers }: Plan): number {
  const most = (read: (offer: Offer) => number) => Math.max(0, ...offers.map(read))
  switch (field) {
    case 'first_frame':
    case 'last_frame':
      return 1
    case 'reference_images':
      return most(({ limits }) => limits.references.images)
    case 'reference_videos':
      return most(({ limits }) => limits.references.videos)
    case 'reference_audios':
      return most(({ limits }) => limits.references.audios)
  }
}

function limitsOf(field: MediaField, { offers, mode }: Plan, max: number): string {
  const isFrame = !field.startsWith('reference_')
  const isConflict = mode === (isFrame ? 'references' : 'frames')
  const others = isFrame ? 'references' : 'a first frame'
  const cannot = offers.filter(({ limits }) => limits.media[field].length === 0)
  const size = `A file has at most ${maxBytesByKind[kindAt(field)] / 1024 ** 2} MiB.`
  return [
    ...(isConflict ? [`Not together with ${others}: a video has one or the other.`] : []),
    max > 1 ? `At most ${max}. ${size}` : size,
    ...(cannot.length === 0 ? [] : [`Not at ${cannot.map(({ provider }) => provider).join(', ')}.`]),
    ...offers.flatMap(({ provider, limits }) => {
      const words = fileLimitsOf(limits.media_files[field])
      return words === '' ? [] : [`${provider}: ${words}.`]
    }),
  ].join(' ')
}

function fileLimitsOf(limits: Offer['limits']['media_files'][MediaField]): string {
  const { content_types: types, pixels, side_pixels: side, width_by_height: shape } = limits
  const { min_seconds: least, max_seconds: most, max_seconds_together: together } = limits
  return [
    ...(types === undefined ? [] : [types.join(', ')]),
    ...(pixels === undefined
      ? []
      : [`width × height ${formatCount(pixels.min)} to ${formatCount(pixels.max)} pixels`]),
    ...(side === undefined ? [] : [`sides of ${formatCount(side.min)} to ${formatCount(side.max)} pixels`]),
    ...(shape === undefined ? [] : [`a width of ${shape.min} to ${shape.max} times the height`]),
    ...(least === undefined ? [] : [`at least ${least} s each`]),
    ...(most === undefined ? [] : [`at most ${most} s each`]),
    ...(together === undefined ? [] : [`at most ${together} s together`]),
  ].join('; ')
}
