#!/bin/bash
# Backups of the database. `backup.sh create` makes one, which is kept only if it can be restored;
# `backup.sh restore NAME` replaces the data with it; `backup.sh restore` lists the backups.
set -euo pipefail
shopt -s extglob
umask 027

backups=/backups
# A server of this container's own, for restoring on trial.
trial=/tmp/trial

[[ $CATALOG_DATABASE_URL =~ ^mysql://(.+)@\[?([^]]+)\]?:([0-9]+)/(.+)$ ]]
user=${BASH_REMATCH[1]} host=${BASH_REMATCH[2]} port=${BASH_REMATCH[3]} database=${BASH_REMATCH[4]}

note() { printf '%s %s\n' "$(date --utc +%FT%TZ)" "$*"; }
fail() { note "error: $*" >&2; exit 1; }

# A text as a value in an option file, where # begins a comment outside of quotes.
quoted() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

options() {
  local password
  # Without the final line break, whether LF or CRLF.
  password=$(< "$CATALOG_DATABASE_PASSWORD_FILE")
  printf '[client]\nuser = %s\nhost = %s\nport = %s\n' "$user" "$host" "$port"
  printf 'password = %s\n' "$(quoted "${password%%*([$'\r\n'])}")"
  if [ -n "${CATALOG_DATABASE_TLS_CA_FILE:-}" ]; then
    printf 'ssl-mode = VERIFY_IDENTITY\nssl-ca = %s\n' "$CATALOG_DATABASE_TLS_CA_FILE"
  fi
}

# A client of the catalogue's database. The options reach it by a pipe: no process list or file shows the password.
catalogue() { "$1" --defaults-file=<(options) "${@:2}"; }

on_trial() { "$1" --no-defaults --socket="$trial/mysqld.sock" --user=root "${@:2}"; }

# As of one moment, while others write. Older versions of mysqldump know no masking policies.
dump() {
  "$1" mysqldump --single-transaction --hex-blob --skip-add-locks --no-tablespaces \
    --set-gtid-purged=OFF --loose-skip-masking-policies "$database"
}

# The rows, one sum for all: they stand in lines of INSERT, in the order of the primary key.
rows() { grep --text '^INSERT INTO ' | sha256sum; }

start_trial() {
  local server=(mysqld --no-defaults --datadir="$trial" --log-error="$trial.log")
  {
    "${server[@]}" --initialize-insecure && "${server[@]}" --daemonize --skip-networking --mysqlx=OFF \
      --socket="$trial/mysqld.sock" --pid-file="$trial/mysqld.pid" --performance-schema=OFF --disable-log-bin \
      --innodb-doublewrite=OFF --innodb-flush-log-at-trx-commit=0
  } || fail "the server for the trial did not start: $(< "$trial.log")"
}

# Restores the file, and dumps what was restored: the rows of both must be the same.
verify() {
  local dumped restored found
  start_trial
  on_trial mysql --execute="CREATE DATABASE \`$database\`"
  gzip --decompress --stdout "$1" | on_trial mysql "$database"
  on_trial mysqlcheck --silent "$database" | { ! grep .; } || fail 'the restored tables are damaged'
  dumped=$(gzip --decompress --stdout "$1" | rows)
  restored=$(dump on_trial | rows)
  [ "$dumped" = "$restored" ] || fail 'what was restored is not what was dumped'
  found=$(on_trial mysql --skip-column-names --execute='SELECT CONCAT("revision ", version_num, ", ",
    (SELECT COUNT(*) FROM product), " products") FROM alembic_version' "$database")
  [ -n "$found" ] || fail 'the database has no schema of the catalogue'
  note "restored on trial: $found"
}

list() { (cd "$backups" && ls -1 --size --human-readable -- "$database"-*.sql.gz); }

create() {
  local name unfinished all
  name=$database-$(date --utc +%Y%m%dT%H%M%SZ).sql.gz
  unfinished=$backups/$name.unfinished
  # An attempt that was killed left its own.
  rm -f "$backups"/*.unfinished
  trap 'rm -f "$backups"/*.unfinished' EXIT
  # The first line makes the index of search words complete, whoever restores.
  { echo 'SET SESSION innodb_ft_enable_stopword = OFF;'; dump catalogue; } | gzip > "$unfinished"
  verify "$unfinished"
  sync "$unfinished"
  mv "$unfinished" "$backups/$name"
  all=("$backups/$database"-*.sql.gz)
  (( ${#all[@]} <= KEEP )) || rm -- "${all[@]:0:${#all[@]}-KEEP}"
  list
}

# One statement after the other: no number is given to a second product, and all tables change place at once.
plan() {
  catalogue mysql --skip-column-names --raw <<SQL
    SET SESSION information_schema_stats_expiry = 0, group_concat_max_len = 1000000;
    SELECT 'SET SESSION lock_wait_timeout = 60;';
    SELECT CONCAT('ALTER TABLE \`$new\`.\`', table_name, '\` AUTO_INCREMENT = ', present.auto_increment, ';')
    FROM information_schema.tables AS present JOIN information_schema.tables AS restored USING (table_name)
    WHERE present.table_schema = '$database' AND restored.table_schema = '$new' AND present.auto_increment > 1;
    SELECT CONCAT('RENAME TABLE ', GROUP_CONCAT(
      '\`', table_schema, '\`.\`', table_name, '\` TO ',
      '\`', IF(table_schema = '$new', '$database', '$old'), '\`.\`', table_name, '\`' ORDER BY table_schema = '$new'), ';')
    FROM information_schema.tables WHERE table_schema IN ('$database', '$new');
SQL
}

restore() {
  local file=$backups/$1 new=${database}_new old=${database}_old
  [ -f "$file" ] || fail "there is no backup $1"
  catalogue mysql --execute="DROP DATABASE IF EXISTS \`$new\`; CREATE DATABASE \`$new\` CHARACTER SET utf8mb4"
  gzip --decompress --stdout "$file" | catalogue mysql "$new"
  catalogue mysql --execute="DROP DATABASE IF EXISTS \`$old\`; CREATE DATABASE \`$old\` CHARACTER SET utf8mb4"
  plan | catalogue mysql
  catalogue mysql --execute="DROP DATABASE \`$new\`"
  note "$1 is restored; what it replaced is in the database $old until the next restore"
}

case "$1:${2:-}" in
  create:) create ;;
  restore:) list ;;
  restore:*) restore "$2" ;;
  *) fail "not known: $*" ;;
esac
