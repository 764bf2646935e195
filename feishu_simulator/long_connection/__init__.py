"""The platform's end of long connections: an endpoint over HTTP, and a WebSocket server."""
