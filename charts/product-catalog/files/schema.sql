CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

CREATE TABLE product (
    id BIGINT NOT NULL AUTO_INCREMENT,
    sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    sku_key VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci NOT NULL,
    description MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    price NUMERIC(12, 2) NOT NULL,
    search_text MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    version INTEGER NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT ck_product_price CHECK (price >= 0)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE UNIQUE INDEX ux_product_sku_key ON product (sku_key);

CREATE INDEX ix_product_name ON product (name, id);

CREATE INDEX ix_product_price ON product (price, id);

CREATE INDEX ix_product_created_at ON product (created_at, id);

CREATE TABLE idempotency_key (
    `key` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    request_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    product_id BIGINT NOT NULL,
    body MEDIUMBLOB NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (`key`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX ix_idempotency_key_created_at ON idempotency_key (created_at);

SET SESSION innodb_ft_enable_stopword = OFF;

CREATE FULLTEXT INDEX ix_product_search_text ON product (search_text) WITH PARSER ngram;

INSERT INTO alembic_version (version_num) VALUES ('0001');

-- Running upgrade 0001 -> 0002

CREATE TABLE import (
    id BIGINT NOT NULL AUTO_INCREMENT,
    idempotency_key VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    request_hash VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    size BIGINT NOT NULL,
    digest VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    kind VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    charset VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    on_conflict VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    state VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    rows_done INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    warnings INTEGER NOT NULL,
    bytes_done BIGINT NOT NULL,
    report MEDIUMBLOB,
    faults MEDIUMBLOB,
    problem MEDIUMBLOB,
    upload VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    owner VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    lease_until DATETIME(6),
    attempts INTEGER NOT NULL,
    turn INTEGER,
    created_at DATETIME(6) NOT NULL,
    changed_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE UNIQUE INDEX ux_import_idempotency_key ON import (idempotency_key);

CREATE UNIQUE INDEX ux_import_turn ON import (turn);

CREATE INDEX ix_import_state ON import (state, changed_at, id);

CREATE INDEX ix_import_created_at ON import (created_at);

CREATE TABLE import_piece (
    upload VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    number INTEGER NOT NULL,
    content MEDIUMBLOB NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (upload, number)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX ix_import_piece_created_at ON import_piece (created_at);

UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001';

-- Running upgrade 0002 -> 0003

UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0002';

-- Running upgrade 0003 -> 0004

SET SESSION innodb_ft_enable_stopword = OFF;

ALTER TABLE product DROP INDEX ix_product_search_text, ADD FULLTEXT INDEX ix_product_search_text (search_text), ALGORITHM=COPY, LOCK=SHARED;

UPDATE alembic_version SET version_num='0004' WHERE alembic_version.version_num = '0003';

-- Running upgrade 0004 -> 0005

UPDATE alembic_version SET version_num='0005' WHERE alembic_version.version_num = '0004';

-- Running upgrade 0005 -> 0006

ALTER TABLE idempotency_key ALTER COLUMN product_id SET DEFAULT '0';

UPDATE alembic_version SET version_num='0006' WHERE alembic_version.version_num = '0005';

-- Running upgrade 0006 -> 0007

CREATE TABLE product_change (
    id BIGINT NOT NULL AUTO_INCREMENT,
    part_of BIGINT,
    product_id BIGINT,
    version INTEGER,
    at DATETIME(6) NOT NULL,
    kind VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    actor_kind VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    actor_name VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    request_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    import_id BIGINT,
    products INTEGER,
    `before` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    after MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    PRIMARY KEY (id)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX ix_product_change_product ON product_change (product_id, version);

CREATE INDEX ix_product_change_part_of ON product_change (part_of, at);

CREATE INDEX ix_product_change_actor ON product_change (actor_name, at);

ALTER TABLE import ADD COLUMN actor_kind VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

ALTER TABLE import ADD COLUMN actor_name VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

ALTER TABLE import ADD COLUMN request_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

ALTER TABLE import ADD COLUMN change_id BIGINT;

UPDATE alembic_version SET version_num='0007' WHERE alembic_version.version_num = '0006';

-- Running upgrade 0007 -> 0008

CREATE TABLE api_token (
    id BIGINT NOT NULL AUTO_INCREMENT,
    digest VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `role` VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    created_by VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    created_at DATETIME(6) NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    used_at DATETIME(6),
    revoked_at DATETIME(6),
    PRIMARY KEY (id)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE UNIQUE INDEX ux_api_token_digest ON api_token (digest);

UPDATE alembic_version SET version_num='0008' WHERE alembic_version.version_num = '0007';

-- Running upgrade 0008 -> 0009

ALTER TABLE import ADD COLUMN undo_of BIGINT;

ALTER TABLE import ADD COLUMN deleted INTEGER NOT NULL DEFAULT '0';

ALTER TABLE import ADD COLUMN undoing MEDIUMBLOB;

CREATE INDEX ix_import_undo_of ON import (undo_of);

UPDATE alembic_version SET version_num='0009' WHERE alembic_version.version_num = '0008';
