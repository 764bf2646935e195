"""The page: the simulated platform as a chat in the browser, with an inspector."""
