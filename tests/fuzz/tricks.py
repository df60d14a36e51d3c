"""What can be wrong with the head of a request and its framing, as tables."""

from typing import Final

CHUNKED: Final = b"Transfer-Encoding: chunked"

# In what is sent in chunks, the first of the one becomes the other.
CHUNKS: Final = (
    (b"\r\n", b"\n"), (b"\r\n", b"\r\n\r\n"), (b"\r\n", b";x\r\n"), (b"\r\n", b";\x00\r\n"), (b"\r\n", b" \r\n"),
    (b"\r\n", b"\r"),
    (b"0\r\n\r\n", b"0\r\n"), (b"0\r\n\r\n", b""), (b"0\r\n\r\n", b"-0\r\n\r\n"), (b"0\r\n\r\n",
    b"0;a=b\r\nX: y\r\n\r\n"),
    (b"0\r\n\r\n", b"0x0\r\n\r\n"), (b"0\r\n\r\n", b"f" * 17 + b"\r\n\r\n"), (b"0\r\n\r\n", b"0\r\n\n"),
    (b"0\r\n\r\n", b"00000\r\n\r\n"), (b"0\r\n\r\n", b"+0\r\n\r\n"), (b"0\r\n\r\n", b"0\r\n" + b"x" * 70_000),
)  # fmt: skip

# Header fields that say how long the body is; N is its length.
FRAMINGS: Final = (
    [b"Content-Length: N", CHUNKED], [CHUNKED, b"Content-Length: N"], [b"Content-Length: 0", CHUNKED], [CHUNKED,
    CHUNKED],
    [b"Content-Length: N", b"Content-Length: 0"], [b"Content-Length: 0", b"Content-Length: N"],
    [b"Content-Length: N"] * 2,
    [b"Content-Length: N, N"], [b"Content-Length: +N"], [b"Content-Length: N "], [b"Content-Length: 0xN"],
    [b"Content-Length: -1"],
    [b"Content-Length:"], [b"Content-Length: 1e2"], [b"Content-Length: " + b"9" * 5000], [b"Content-Length: 1N"],
    [b"Content-Length: 00N"], [b"Content-Length: 9"], [b"Content-Length: 1048577"], [b"Content-Length:\r\n N"],
    [b"Content_Length: 3"],
    [b"Transfer-Encoding: chunked, chunked"], [b"Transfer-Encoding: identity"], [b"Transfer-Encoding: gzip, chunked"],
    [b"Transfer-Encoding: chunked, gzip"], [b"Transfer-Encoding: xchunked"], [b"Transfer-Encoding:\x0bchunked"], [],
    [b"Transfer-Encoding : chunked"], [b"Transfer-Encoding:\r\n chunked"], [b"Transfer_Encoding: chunked"],
    [b"Transfer-Encoding: ,chunked"], [b"Transfer-Encoding: chunked,"], [b"transfer-encoding: CHUNKED"],
    [b"X: y\nTransfer-Encoding: chunked"], [b"Expect: 100-continue"], [b"Content-Length: 0", b"Expect: 100-continue"],
    [b"Content-Length: x", b"Expect: 100-continue"], [b"Content-Length: N", b"Expect: 100-continue"],
)  # fmt: skip

HEADERS: Final = (
    b"X: " + b"x" * 70_000, b"X:" + b" " * 60_000 + b"\x01", b"X: " + b"a " * 30_000 + b"\x01",
    b"Cookie: " + b"a=b;" * 5000,
    b"\r\n".join([b"X: y"] * 100), b"\r\n".join([b"X: y"] * 2000), b"X: y\r\n z", b"X", b"X: \x00", b": y", b" X: y",
    b"X : y",
    b"X: y\rZ: z", b"X: y\nZ: z", b"Host: other", b"Host:", b"Expect: x", b"Expect: 100-continue", b"Range: bytes=0-1",
    b"Content-Encoding: gzip", b"Content-Type: application/json; charset=utf-16", b"Content-Type: multipart/form-data",
    b"Connection: close, keep-alive", b"Connection: keep-alive", b"Connection: Transfer-Encoding", b"Upgrade: h2c",
    b"X-Forwarded-For: 1.1.1.1", b"Forwarded: for=\x80", b"X-HTTP-Method-Override: GET",
)  # fmt: skip

# One parameter of the query: ALL of it, its NAME and its VALUE.
QUERIES: Final = (
    b"ALL%00", b"ALL%zz", b"ALL%", b"ALL+", b"+ALL", b"ALL&ALL", b"ALL&NAME=", b"ALL;a=b", b"NAME%3dVALUE",
    b"NAME%3D%3DVALUE",
    b"NAME==VALUE", b"NAME=%c0%aeVALUE", b"NAME=VALUE\xff", b"NAME=%ff%fe", b"NAME=%ed%a0%80", b"NAME", b"NAME=",
    b"=VALUE", b"",
    b"&&ALL", b"ALL#", b"#ALL", b"ALL\t", b"\tALL", b"ALL ", b"ALL\x00", b"ALL?", b"?ALL", b"ALL&a=1&a=1",
    b"x=" + b"%41" * 20_000,
    b"ALL" + b"&a=1" * 64, b"ALL" + b"".join(b"&a%d=1" % number for number in range(64)), b"NAME[]=VALUE",
    b"NAME%20=VALUE",
    b"NAME=VALUE%0d%0aX:y", b"Callbac%e2%84%aaCommand=x&ALL", b"%00NAME=VALUE", b"NAME\t=VALUE", b"NAME=\tVALUE",
    b"NAME=\xd0\xbeVALUE",
)  # fmt: skip

METHODS: Final = (
    b"post", b"Post", b"GET", b"PUT", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"DELETE", b"P\x00ST", b"POST\t",
    b"WEBSOCKET", b"",
    b" POST", b"\x0bPOST", b"P" * 5000, b"POST POST", b"PRI",
)  # fmt: skip

PATHS: Final = (
    b"http://adapter/", b"http://adapter", b"HTTP://a@b:99999/", b"http://[", b"http:///", b"http://\xff/",
    b"file:///", b"x:/",
    b"//", b"//adapter/", b"*", b"adapter:80", b"/%2f", b"/%", b"/%00", b"/..", b"/./", b"/x", b"", b"/;a", b"/\x80",
    b"\\", b"/\x7f",
    b"/#", b"/" * 9000, b"/%c0%af",
)  # fmt: skip

VERSIONS: Final = (
    b" HTTP/1.0", b" HTTP/1.0", b"", b" HTTP/0.9", b" HTTP/1.2", b" HTTP/2.0", b" HTTP/9.9", b" http/1.1",
    b" HTTP/1.1 ",
    b"\tHTTP/1.1", b"  HTTP/1.1", b" HTTP/1.10", b" HTTP/1", b" HTTP/01.1", b" ICY/1.1", b" HTTP/1.\xb9",
)  # fmt: skip

# Not even nearly a request: HTTP/2, TLS, SOCKS, PROXY and the like.
OTHERS: Final = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    b"\x05\x01\x00", b"PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n", b"\r\n" * 2000, b"\0" * 5000, b"\n\n\n", b"POST", b"{}",
)  # fmt: skip
