#!/bin/sh
# Any command of Callme beside callme.service: with its settings, and as its user, who alone may write the database.
# As root: install -m 0755 deploy/callme.sh /usr/local/bin/callme
# shellcheck disable=SC2016  # the shell that is started expands it
exec systemd-run --quiet --pipe --wait -p DynamicUser=yes -p User=callme -p StateDirectory=callme \
  -p EnvironmentFile=/etc/callme/callme.env -p LoadCredential=CALLME_SECRET_KEY:/etc/callme/CALLME_SECRET_KEY \
  -p LoadCredential=CALLME_DIALOGTECH_ACCESS_KEY:/etc/callme/CALLME_DIALOGTECH_ACCESS_KEY \
  -p LoadCredential=CALLME_DIALOGTECH_SECRET_ACCESS_KEY:/etc/callme/CALLME_DIALOGTECH_SECRET_ACCESS_KEY \
  -p Environment=CALLME_DATABASE_URL=sqlite:////var/lib/callme/callme.db \
  /bin/sh -c 'CALLME_SECRETS_DIR=$CREDENTIALS_DIRECTORY exec /opt/callme/bin/callme "$@"' callme "$@"
