"""`python -m feishu_bot`."""

from feishu_bot import slim_openai
from feishu_bot.cli import main

if __name__ == "__main__":
    # As in `wsgi.py`. The commands that ask a model service begin half a second sooner.
    slim_openai.install()
    main()
