"""`zhitong serve` with `[http]`: people sign in over TLS, whether there is a PBX or not."""

import asyncio
import os
import signal
import ssl
import sys
from pathlib import Path

import aiohttp
import pytest

from telephony.journal.agent.keys import keys_in, make_keys
from tests.integration.cli.typed import typed
from tests.unit.zhitong.access.deeds import deeds, written
from zhitong.lab.ports import reserve

SITE = """\
name = "某市12345"
hotline = ["12345"]

[pbx.ami]
port = {ami}

[[trunk]]
name = "carrier"
hosts = ["192.0.2.1"]

[[queue]]
name = "citizens"

[http]
port = {port}
tls_cert = "keys/{certificate}"
tls_key = "keys/{key}"
"""


async def test_people_sign_in_over_tls_and_are_out_when_disabled(tmp_path: Path) -> None:
    with reserve(500) as ports:
        await _serve_and_sign_in(tmp_path, ports.take(), nobody=ports.take())


async def _serve_and_sign_in(tmp_path: Path, port: int, nobody: int) -> None:
    """``nobody``: a port at which no PBX listens."""
    make_keys(tmp_path / "keys", ["127.0.0.1"])
    keys = keys_in(tmp_path / "keys")
    site_file, handed = tmp_path / "site.toml", tmp_path / "passwords.csv"
    names = {"certificate": keys.certificate.name, "key": keys.key.name}
    site_file.write_text(SITE.format(ami=nobody, port=port, **names), encoding="utf-8")
    told = await typed(
        *(site_file, "agents", "add", "1001", "--name", "张三", "--queue", "citizens", "--accounts", handed)
    )
    assert told.status == 0, told.err
    password = handed.read_text(encoding="utf-8-sig").split()[-1].split(",")[-1]
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "zhitong", "serve", "--log", "json"),
        env=os.environ | {"ZHITONG_SITE": str(site_file)},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        rest = asyncio.create_task(_said(program))
        context = ssl.create_default_context(cafile=str(keys.certificate))
        connector = aiohttp.TCPConnector(ssl=context)
        async with aiohttp.ClientSession(f"https://127.0.0.1:{port}", connector=connector) as session:
            await _until_it_listens(session, program)
            form = {"account": "1001", "password": password, "new_password": "直通热线 我自己的密码"}
            async with session.post("/auth/password", json=form) as answer:
                assert answer.status == 200, await answer.text()
                token = (await answer.json())["token"]
            bearer = {"Authorization": f"Bearer {token}"}
            async with session.post("/auth/refresh", headers=bearer) as answer:
                assert answer.status == 200
            assert (await typed(site_file, "agents", "disable", "1001")).status == 0
            async with asyncio.timeout(60), session.post("/auth/refresh", headers=bearer) as answer:
                # The account itself is looked at, whatever the list of a moment ago says.
                assert (answer.status, (await answer.json(content_type=None))["cause"]) in {
                    (401, "disabled"),
                    (401, "revoked"),
                }
        with pytest.raises(aiohttp.ClientError):
            async with aiohttp.ClientSession() as plain:
                await plain.post(f"http://127.0.0.1:{port}/auth/token", json=form)
        program.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            assert await program.wait() == 0
            log = await rest
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    assert [deed["deed"] for deed in deeds(tmp_path / "var", "serve")] == ["password changed", "sign in"]
    verified = await typed(site_file, "audit", "verify")
    assert (verified.status, verified.out.count("完整")) == (0, 2)
    kept = log + written(tmp_path / "var", "serve") + written(tmp_path / "var")
    assert not any(secret in kept for secret in (password, "我自己的密码", token))


async def _said(program: asyncio.subprocess.Process) -> str:
    assert program.stderr
    return (await program.stderr.read()).decode()


async def _until_it_listens(session: aiohttp.ClientSession, program: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(60):
        while program.returncode is None:
            try:
                async with session.get("/") as answer:
                    assert answer.status == 404
                    return
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)
    raise AssertionError("it ended")
