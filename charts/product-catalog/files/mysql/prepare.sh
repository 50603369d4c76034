#!/bin/bash
# Before each start of MySQL: makes the data folder on the first one, and writes the statements that bring users and
# passwords to what the Secret holds.
set -euo pipefail
shopt -s extglob

data=/var/lib/mysql/data
unfinished=$data.unfinished
secrets=/run/secrets/catalog

# A pod that is deleted by force may have a successor on the same volume already: nothing of it may go on.
trap 'kill -KILL "${server:-}" 2> /dev/null; exit 143' TERM

server() {
  mysqld --defaults-file=/etc/catalog/my.cnf --datadir="$unfinished" "$@" &
  server=$!
  wait "$server"
}

# The folder gets its name when it is complete: whatever stops this in the middle, the next start begins again.
make_data_folder() {
  rm -rf "$unfinished"
  server --initialize-insecure
  { cat /etc/catalog-schema/schema.sql; echo; echo 'SHUTDOWN;'; } > /tmp/schema.sql
  server --skip-networking --init-file=/tmp/schema.sql
  mv "$unfinished" "$data"
  sync
}

# A text as an SQL literal.
quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\\\'}"
}

# Without the final line break, whether LF or CRLF.
password() {
  local text
  text=$(< "$secrets/$1")
  quoted "${text%%*([$'\r\n'])}"
}

# In a grant on a database, _ matches any character.
all_tables() { printf '`%s`.*' "${1//_/\\_}"; }

user() {
  printf "CREATE USER IF NOT EXISTS '%s'@'%%';\n" "$1"
  printf "ALTER USER '%s'@'%%' IDENTIFIED BY %s;\n" "$1" "$(password "$2")"
  printf "REVOKE ALL PRIVILEGES, GRANT OPTION FROM '%s'@'%%';\n" "$1"
}

# CREATE lets the grant name a table that a later migration makes; it is taken back at once.
grant_table() {
  printf "GRANT CREATE, %s ON \`%s\`.\`%s\` TO '%s'@'%%';\n" "$1" "$DATABASE" "$2" "$3"
  printf "REVOKE CREATE ON \`%s\`.\`%s\` FROM '%s'@'%%';\n" "$DATABASE" "$2" "$3"
}

statements() {
  printf "ALTER USER 'root'@'localhost' IDENTIFIED BY %s;\n" "$(password root-password)"
  printf 'CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4;\n' "$DATABASE"
  user "$MIGRATOR" migrator-password
  # A restore fills the second database, and moves what it replaces to the third.
  for database in "$DATABASE" "${DATABASE}_new" "${DATABASE}_old"; do
    printf "GRANT ALTER, CREATE, CREATE VIEW, DELETE, DROP, INDEX, INSERT, LOCK TABLES, REFERENCES, SELECT, TRIGGER, UPDATE ON %s TO '%s'@'%%';\n" "$(all_tables "$database")" "$MIGRATOR"
  done
  user "$WRITER" writer-password
  grant_table SELECT alembic_version "$WRITER"
  for table in product product_change idempotency_key import import_piece api_token; do
    grant_table 'SELECT, INSERT, UPDATE, DELETE' "$table" "$WRITER"
  done
  user "$READER" reader-password
  grant_table SELECT alembic_version "$READER"
  grant_table SELECT product "$READER"
  grant_table SELECT product_change "$READER"
  grant_table SELECT import "$READER"
  grant_table SELECT api_token "$READER"
  user "$BACKUP" backup-password
  printf "GRANT LOCK TABLES, SELECT, SHOW VIEW, TRIGGER ON %s TO '%s'@'%%';\n" "$(all_tables "$DATABASE")" "$BACKUP"
}

[ -d "$data" ] || make_data_folder
umask 077
statements > /run/accounts/accounts.sql
