"""A phone, and the PBX that a test plays for it."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.zhitong.lab.phones.pbx import Pbx
from zhitong.lab.phones.phone import Phone, Setup


@pytest.fixture
async def pbx() -> AsyncIterator[Pbx]:
    pbx = Pbx()
    yield pbx
    pbx.close()


@pytest.fixture
async def phone(pbx: Pbx) -> AsyncIterator[Phone]:
    phone = await Phone.start("1001", "pw", pbx.place, register=False, setup=Setup(name='张 "三"', t1=0.03))
    pbx.phone = phone.place
    yield phone
    phone.unplug()
