// A double click creates one key.
for (const form of document.querySelectorAll('form.key-form')) {
  const button = form.querySelector('button[type=submit]')
  form.addEventListener('submit', () => button?.setAttribute('disabled', ''))
  // The browser may show the page again as it was left.
  addEventListener('pageshow', () => button?.removeAttribute('disabled'))
}
