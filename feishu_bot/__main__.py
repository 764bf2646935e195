"""`python -m feishu_bot`."""

from feishu_bot.cli import main
from feishu_bot.unused_modules import EmptyModules

if __name__ == "__main__":
    # As in `wsgi.py`. The commands that ask a model service begin half a second sooner.
    EmptyModules("openai.types").install()
    main()
