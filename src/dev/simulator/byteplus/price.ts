/** The tokens of a task that succeeds, and what they cost. */

import { abilitiesOf, pixelsOf } from './models.ts'
import type { BytePlusRequest } from './request.ts'

/** The simulator does not know the lengths of input videos. */
const SECONDS_PER_INPUT_VIDEO = 5

/** The duration of a task that asked for -1. */
const CHOSEN_SECONDS = 5

export function secondsOf({ model, duration = abilitiesOf(model).defaultDuration }: BytePlusRequest): number {
  return duration === -1 ? CHOSEN_SECONDS : duration
}

export function tokensOf(request: BytePlusRequest): number {
  const { model, resolution = '720p', ratio = 'adaptive' } = request
  const seconds = videosOf(request) * SECONDS_PER_INPUT_VIDEO + secondsOf(request)
  return Math.round((seconds * pixelsOf(model, resolution, ratio) * 24) / 1024)
}

export function usdOf(request: BytePlusRequest): number {
  const { model, resolution = '720p' } = request
  const [alone, withVideos] = abilitiesOf(model).prices[resolution] ?? [0, 0]
  return (tokensOf(request) * (videosOf(request) > 0 ? withVideos : alone)) / 1e6
}

function videosOf({ content }: BytePlusRequest): number {
  return content.filter(({ type }) => type === 'video_url').length
}
