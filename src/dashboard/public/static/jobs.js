// The pictures of the list of jobs, taken from their videos, and the looks for what is no event.
import { refreshSoon } from './base.js'

/** An accepted job and progress are no events. Only a page that is looked at asks for them. */
const lookEveryMs = 15_000

/**
 * By the id of the job. A row that is replaced gets the video that it had: it is not loaded again. Null: it failed.
 * @type {Map<string, HTMLVideoElement | null>}
 */
const videos = new Map()

const observer = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting || !(target instanceof HTMLElement)) continue
    observer.unobserve(target)
    show(target)
  }
})

/** @param {HTMLElement} thumbnail */
function show(thumbnail) {
  const id = thumbnail.dataset.thumbnail ?? ''
  const link = document.querySelector(`#videos [data-job="${CSS.escape(id)}"]`)
  if (!(link instanceof HTMLDataElement)) return
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  video.preload = 'metadata'
  video.tabIndex = -1
  video.ariaHidden = 'true'
  video.src = `${link.value}#t=0.1`
  // The sign below it stays.
  video.addEventListener('error', () => {
    video.remove()
    videos.set(id, null)
  })
  videos.set(id, video)
  thumbnail.append(video)
}

function enhance() {
  for (const thumbnail of document.querySelectorAll('[data-thumbnail]')) {
    if (!(thumbnail instanceof HTMLElement) || thumbnail.querySelector('video') !== null) continue
    const video = videos.get(thumbnail.dataset.thumbnail ?? '')
    if (video === undefined) observer.observe(thumbnail)
    else if (video !== null) thumbnail.append(video)
  }
  for (const id of videos.keys())
    if (document.querySelector(`[data-thumbnail="${CSS.escape(id)}"]`) === null) videos.delete(id)
}

enhance()
document.addEventListener('enhance', enhance)
setInterval(() => {
  if (document.visibilityState === 'visible' && document.body.dataset.stream !== undefined) refreshSoon()
}, lookEveryMs)
