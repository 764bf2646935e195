"""How the processes on one database share the calls that Feishu allows an app."""
