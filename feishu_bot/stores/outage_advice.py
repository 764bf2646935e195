"""What an administrator has to do when the database can't be used, in plain words."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from feishu_bot.core.languages import Words
from feishu_bot.errors import StoreFailure

_FILE: Mapping[StoreFailure, Words] = {
    "away": Words(
        "读写数据库文件出错，请检查磁盘",
        "the database file can't be read or written: check the disk",
    ),
    "unopened": Words(
        "数据库文件打不开：请检查目录是否存在、能否写入。容器里它必须属于用户 10001："
        "chown -R 10001 目录",
        "the database file can't be opened. Is the folder there, and may this user write to it? "
        "In the container it must belong to user 10001: chown -R 10001 FOLDER",
    ),
    "locked": Words(
        "另一个程序锁住了数据库文件：请关掉其他正在使用它的程序",
        "another program has locked the database file: end what else is using it",
    ),
    "full": Words(
        "磁盘满了：请腾出空间，机器人会自己恢复。期间的消息飞书会重发",
        "the disk is full: make room, and the bot recovers by itself. Feishu repeats the messages "
        "that come meanwhile",
    ),
    "read_only": Words(
        "数据库文件只能读：请检查属主和挂载方式。容器里它必须属于用户 10001：chown -R 10001 目录",
        "the database file is read-only: check its owner and how it is mounted. In the container "
        "it must belong to user 10001: chown -R 10001 FOLDER",
    ),
    "damaged": Words(
        "数据库文件已损坏：请停下机器人，把文件连同 -wal、-shm 移到别处，再恢复备份",
        "the database file is damaged: stop the bot, move the file with its -wal and -shm "
        "elsewhere, and restore a backup",
    ),
    "gone": Words(
        "数据库文件在运行中被删除或替换：不再接收消息，飞书会重发。请停下机器人，恢复备份后再启动",
        "the database file was deleted or replaced while the bot runs: nothing is taken in any "
        "more, and Feishu repeats it. Stop the bot, restore a backup and start it",
    ),
}
_NEWER = Words(
    "更新的版本用过这个数据库，本版本不能使用：请用新版本，或恢复升级前的备份",
    "a newer version has used it, and this one can't: run that version, or restore a backup of "
    "before the upgrade",
)
_SERVER: Mapping[StoreFailure, Words] = {
    "away": Words(
        "连不上 PostgreSQL：请检查它是否在运行，主机、库名、用户名和密码是否正确",
        "PostgreSQL can't be reached: is it running, and are host, name, user and password right?",
    ),
    "full": Words(
        "PostgreSQL 的磁盘满了：请腾出空间，机器人会自己恢复。期间的消息飞书会重发",
        "PostgreSQL's disk is full: make room, and the bot recovers by itself. Feishu repeats the "
        "messages that come meanwhile",
    ),
    "read_only": Words(
        "这个 PostgreSQL 只能读，可能是备用节点：请让 DATABASE_URL 指向主节点",
        "this PostgreSQL is read-only, maybe a standby: let DATABASE_URL name the primary",
    ),
    "unknown_host": Words(
        "找不到 PostgreSQL 的主机：请检查 DATABASE_URL 里的主机名。"
        "用 docker compose 时是服务的名称",
        "PostgreSQL's host is not known: check the host in DATABASE_URL. With docker compose it "
        "is the name of the service",
    ),
    "not_listening": Words(
        "PostgreSQL 没有运行，或端口不对：请启动它，并检查 DATABASE_URL 里的主机和端口。"
        "在容器里，localhost 是容器自己",
        "PostgreSQL isn't running, or not at this port: start it, and check host and port in "
        "DATABASE_URL. In a container localhost is the container itself",
    ),
    "closed_to_us": Words(
        "PostgreSQL 不让这台机器连接：请在它的 pg_hba.conf 里允许，再重新加载配置",
        "PostgreSQL doesn't let this machine in: allow it in pg_hba.conf and reload",
    ),
    "wrong_password": Words(
        "PostgreSQL 不接受 DATABASE_URL 里的用户名和密码：请核对。密码里的 @ : / # % "
        "要写成 %40 %3A %2F %23 %25",
        "PostgreSQL doesn't accept user and password of DATABASE_URL: compare them. In the "
        "password @ : / # % are written %40 %3A %2F %23 %25",
    ),
    "no_role": Words(
        "PostgreSQL 里没有 DATABASE_URL 里的用户：请检查用户名，或创建："
        "CREATE ROLE 用户 LOGIN PASSWORD '密码'",
        "PostgreSQL knows no such user as in DATABASE_URL: check its name, or make it: "
        "CREATE ROLE name LOGIN PASSWORD 'password'",
    ),
    "no_database": Words(
        "PostgreSQL 里没有 DATABASE_URL 里的库：请检查库名，或创建："
        "CREATE DATABASE 库名 OWNER 用户",
        "PostgreSQL has no such database as in DATABASE_URL: check its name, or make it: "
        "CREATE DATABASE name OWNER user",
    ),
    "no_rights": Words(
        "PostgreSQL 的用户不能建表：请让它拥有这个库：ALTER DATABASE 库名 OWNER TO 用户",
        "PostgreSQL's user may not make tables: let it own the database: "
        "ALTER DATABASE name OWNER TO user",
    ),
    "no_connection_left": Words(
        "PostgreSQL 的连接数用完了：请调大 max_connections，或减少副本",
        "PostgreSQL has no connection left: raise max_connections, or run fewer replicas",
    ),
}


def advice(url: str | sa.URL, kind: StoreFailure) -> Words:
    """A sentence of Chinese and one of English, without a full stop."""
    if kind == "newer":
        return _NEWER
    is_file = sa.make_url(url).get_backend_name() == "sqlite"
    known = _FILE if is_file else _SERVER
    return known.get(kind, known["away"])
