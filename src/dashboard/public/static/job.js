// The page of a job: says it in words when a video cannot be played. An error of a video does not bubble.
document.addEventListener(
  'error',
  ({ target }) => {
    const words = target instanceof HTMLVideoElement ? target.nextElementSibling : null
    if (words instanceof HTMLElement && words.classList.contains('lost')) words.hidden = false
  },
  true,
)
