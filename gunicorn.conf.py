"""The package's configuration, for a gunicorn that is started in this folder."""

import sys

# On SIGHUP gunicorn runs this file once more, and that must open the roles' file again.
sys.modules.pop("feishu_bot.gunicorn_conf", None)

from feishu_bot.gunicorn_conf import *  # noqa: E402, F403
