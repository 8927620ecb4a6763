#!/usr/bin/env bash
# Verifies a webhook with openssl. The arguments are its three headers, and its body comes from stdin, byte for byte:
#
#   REELHOOK_SECRET=whsec_… ./verify-webhook.sh "$webhook_id" "$webhook_timestamp" "$webhook_signature" < body.json
set -euo pipefail

id=$1 timestamp=$2 signatures=$3
key=$(printf %s "${REELHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')

# A timestamp is digits and nothing else: bash would run code in an expression.
if ! [[ $timestamp =~ ^[0-9]{1,12}$ ]] || (((age = $(date +%s) - 10#$timestamp) > 300 || age < -300)); then
  echo 'The timestamp is more than five minutes away.' >&2
  exit 1
fi

expected=$({ printf '%s.%s.' "$id" "$timestamp" && cat; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
# The header has one signature per valid secret, and v1a signatures.
if [[ " $signatures " != *" v1,$expected "* ]]; then
  echo 'No signature is valid.' >&2
  exit 1
fi
echo 'The signature is valid.'
