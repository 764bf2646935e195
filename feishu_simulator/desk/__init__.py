"""A Feishu on the desk: the simulated platform as a chat in the browser, its wire laid open."""
