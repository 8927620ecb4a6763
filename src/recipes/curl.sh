#!/usr/bin/env bash
# Creates a video, waits for it, downloads it and checks its hash. Needs curl 7.82, jq and sha256sum.
#
#   REELHOOK_URL=https://reelhook.example.workers.dev REELHOOK_API_KEY=rh_… ./curl.sh 'A paper boat drifts by'
set -euo pipefail

prompt=${1:?'Usage: curl.sh <prompt>'}
api() {
  curl --silent --show-error --fail-with-body --retry 3 -H "Authorization: Bearer $REELHOOK_API_KEY" "$@"
}

# curl repeats a request that fails for a moment. The key makes sure that the repeats buy one video.
request=$(jq -n --arg prompt "$prompt" '{ model: "seedance-2.0-mini", $prompt, resolution: "480p" }')
job=$(api "$REELHOOK_URL/v1/jobs" --json "$request" \
  -H "Idempotency-Key: $(openssl rand -hex 16)" -H 'Prefer: wait=60')
id=$(jq -r .id <<< "$job")

# The response comes when the job has ended, at the latest after 60 seconds.
while [ "$(jq -r .settled_at <<< "$job")" = null ]; do
  job=$(api "$REELHOOK_URL/v1/jobs/$id?wait=60")
done

if [ "$(jq -r .status <<< "$job")" != succeeded ]; then
  jq -r '"\(.id) \(.status): \(.fault.message // "")"' <<< "$job" >&2
  exit 1
fi

# The link needs no API key.
jq -r '.outputs[] | select(.status == "stored") | "\(.n) \(.sha256) \(.url)"' <<< "$job" |
  while read -r n sha256 url; do
    curl --silent --show-error --fail --retry 3 --output "$id-$n.mp4" "$url"
    echo "$sha256  $id-$n.mp4" | sha256sum --check
  done
