-- The shop's database. Run once, as the database superuser, when the image is built.
\set ON_ERROR_STOP on
CREATE ROLE shop LOGIN;
CREATE ROLE probe LOGIN;
CREATE DATABASE shop OWNER shop ENCODING 'UTF8' TEMPLATE template0;
\connect shop

-- The running kernel's boot id. SECURITY DEFINER: reading a server's file needs a superuser.
CREATE FUNCTION current_boot_id() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
    AS $$ SELECT btrim(pg_read_file('/proc/sys/kernel/random/boot_id'), E' \n') $$;
-- PostgreSQL records no dependency of a function on another in a quoted body; keep this one first.

SET ROLE shop;

CREATE TABLE products (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL UNIQUE,
    cents bigint NOT NULL CHECK (cents > 0)
);
CREATE TABLE orders (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    customer text NOT NULL,
    placed_at timestamptz NOT NULL
);
CREATE INDEX orders_placed_at ON orders (placed_at);
CREATE TABLE order_lines (
    order_id bigint NOT NULL REFERENCES orders,
    line int NOT NULL,
    product_id bigint NOT NULL REFERENCES products,
    quantity int NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, line)
);

-- checksum: lower-case hex SHA-256 of the UTF-8 text  seq '|' at, with "at" in UTC written as
-- YYYY-MM-DDTHH:MM:SS.ffffffZ (always six digits), for example  12|2026-01-31T23:59:59.000120Z
CREATE TABLE heartbeat (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    checksum text NOT NULL,
    boot_id text NOT NULL
);

CREATE FUNCTION heartbeat_checksum(seq bigint, at timestamptz) RETURNS text
    LANGUAGE sql STABLE
    AS $$
        SELECT encode(sha256(convert_to(
            seq || '|' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'UTF8')), 'hex')
    $$;

CREATE FUNCTION beat() RETURNS bigint
    LANGUAGE sql
    AS $$
        WITH next AS (
            SELECT coalesce((SELECT max(seq) FROM heartbeat), 0) + 1 AS seq, clock_timestamp() AS at
        )
        INSERT INTO heartbeat SELECT seq, at, heartbeat_checksum(seq, at), current_boot_id() FROM next
        RETURNING seq
    $$;

-- The newest beat that the running kernel did not write: in a restored copy, the newest that came
-- back. "intact" recomputes the checksum. Empty on a machine that never rebooted.
CREATE VIEW heartbeat_restored AS
    SELECT seq, at, checksum, boot_id, checksum = heartbeat_checksum(seq, at) AS intact
    FROM heartbeat WHERE boot_id <> current_boot_id()
    ORDER BY seq DESC LIMIT 1;

CREATE FUNCTION place_order(moment timestamptz DEFAULT clock_timestamp()) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
    DECLARE
        number bigint;
    BEGIN
        INSERT INTO orders (customer, placed_at)
            VALUES ('customer-' || lpad((random() * 400)::int::text, 3, '0'), moment) RETURNING id INTO number;
        INSERT INTO order_lines (order_id, line, product_id, quantity)
            SELECT number, line, 1 + floor(random() * 20), 1 + floor(random() * 4)
            FROM generate_series(1, 1 + floor(random() * 3)::int) AS line;
        RETURN number;
    END
    $$;

INSERT INTO products (name, cents)
    SELECT name, 95 + 175 * row_number() OVER () FROM unnest(ARRAY[
        'apron', 'basket', 'candle', 'drill bit', 'envelope', 'funnel', 'gloves', 'hammer', 'ink', 'jar',
        'kettle', 'ladder', 'mirror', 'nails', 'oil lamp', 'paper', 'quilt', 'rope', 'saw', 'twine']) AS name;
SELECT count(place_order(now() - n * interval '7 minutes')) AS orders FROM generate_series(3000, 1, -1) AS n;

RESET ROLE;
GRANT pg_read_all_data TO probe;
ALTER ROLE probe SET default_transaction_read_only = on;
ALTER ROLE probe CONNECTION LIMIT 10;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
