#!/bin/sh
# A wrapper script, as many fleets have them: it prepares something, then becomes the server.
# "--selfcheck" says in words whether it could.
set -eu
cd "$(dirname "$0")"
if ! command -v npx >/dev/null; then
  echo "npx is missing: install Node.js." >&2
  exit 1
fi
if [ "${1:-}" = "--selfcheck" ]; then
  [ -d shared ] || { echo "The folder that is served, 'shared', is missing." >&2; exit 1; }
  exit 0
fi
exec npx -y @modelcontextprotocol/server-filesystem@2026.8.31 shared
