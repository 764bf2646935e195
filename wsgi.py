"""The app, for a gunicorn that is started in this folder: `gunicorn wsgi:app`."""

from feishu_bot.wsgi import app

__all__ = ["app"]
