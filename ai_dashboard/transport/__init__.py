"""Bytes to and from the network: the HTTP/1.1 server, the upstream client, and the one place that maps foreign errors.

llhttp (through httptools) parses, asyncio Protocols carry, one coroutine serves a request. Works on any asyncio loop
and is tuned for uvloop, which is chosen by whoever runs us.
"""
