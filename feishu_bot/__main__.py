"""`python -m feishu_bot`."""

from feishu_bot.cli import main

if __name__ == "__main__":
    main()
