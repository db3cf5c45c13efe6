"""The lab's web shop: a page and a health answer, both read from the database at each request."""

import html
import http.server
import json
from typing import Any

import psycopg2  # type: ignore[import-untyped]

TOTALS = """
    SELECT (SELECT count(*) FROM orders), h.seq,
           to_char(h.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    FROM (SELECT max(seq) AS seq, max(at) AS at FROM (
        SELECT seq, at FROM heartbeat ORDER BY seq DESC LIMIT 1) AS newest) AS h
"""
PRODUCTS = "SELECT name, cents FROM products ORDER BY name"
LATEST = """
    SELECT o.id, o.customer, to_char(o.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
           sum(l.quantity * p.cents)
    FROM (SELECT * FROM orders ORDER BY id DESC LIMIT 10) AS o
    JOIN order_lines AS l ON l.order_id = o.id JOIN products AS p ON p.id = l.product_id
    GROUP BY 1, 2, 3 ORDER BY 1 DESC
"""


def ask(*queries: str) -> list[list[tuple[Any, ...]]]:
    """Run queries in one connection of their own; psycopg2.Error if the database is not there."""
    connection = psycopg2.connect(dbname="shop", connect_timeout=5)
    try:
        with connection.cursor() as cursor:
            answers = []
            for query in queries:
                cursor.execute(query)
                answers.append(cursor.fetchall())
            return answers
    finally:
        connection.close()


def health() -> tuple[bytes, str]:
    """Tell how many orders there are and the newest heartbeat."""
    (((orders, seq, at),),) = ask(TOTALS)
    answer = {"status": "ok", "orders": orders, "heartbeat_seq": seq, "heartbeat_at": at}
    return json.dumps(answer).encode(), "application/json"


def page() -> tuple[bytes, str]:
    """Show the products and the latest orders."""
    products, latest = ask(PRODUCTS, LATEST)
    rows = "".join(f"<li>{html.escape(n)}: {c / 100:.2f}</li>" for n, c in products)
    orders = "".join(
        f"<tr><td>{number}</td><td>{html.escape(who)}</td><td>{at}</td><td>{cents / 100:.2f}</td></tr>"
        for number, who, at, cents in latest
    )
    text = (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Lab shop</title></head><body>"
        f"<h1>Lab shop</h1><h2>Products</h2><ul>{rows}</ul><h2>Latest orders</h2><table>{orders}</table>"
        "</body></html>"
    )
    return text.encode(), "text/html; charset=utf-8"


class Shop(http.server.BaseHTTPRequestHandler):
    """Two pages; 500 with the reason when the database cannot be asked."""

    def do_GET(self) -> None:
        """Answer one request."""
        answer = {"/": page, "/health": health}.get(self.path.split("?")[0])
        if answer is None:
            self.send(404, b"no such page\n", "text/plain")
            return
        try:
            body, kind = answer()
        except psycopg2.Error as error:
            text = json.dumps({"status": "error", "reason": str(error).strip() or type(error).__name__})
            self.send(500, text.encode(), "application/json")
        else:
            self.send(200, body, kind)

    def send(self, code: int, body: bytes, kind: str) -> None:
        """Send one whole answer."""
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep no log: nginx does."""


http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Shop).serve_forever()
