"""A made-up directory of five thousand entries, and what agents type to find somebody in it."""

import random
from collections.abc import Iterator, Sequence

from telephony.directory.search import Entry, Kind

ENTRIES = 5_000
DEPARTMENTS = 500
_FAMILY = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈单查仇"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英文华玉兰红梅建国志海波宇浩然子轩雨欣佳怡思涵"
_PLACES = (
    "东城",
    "西城",
    "南关",
    "北湖",
    "河东",
    "河西",
    "新城",
    "高新",
    "临港",
    "湖滨",
    "江岸",
    "城关",
    "长乐",
    "重阳",
)
_OFFICES = (
    *("人力资源和社会保障局", "医疗保障局", "住房公积金管理中心", "公安局", "市场监督管理局", "自然资源和规划局"),
    *("住房和城乡建设局", "卫生健康委员会", "教育局", "民政局", "城市管理局", "生态环境局", "交通运输局", "税务局"),
    *(
        "水务局",
        "供电公司",
        "燃气公司",
        "供热公司",
        "退役军人事务局",
        "残疾人联合会",
        "司法局",
        "信访局",
        "文化和旅游局",
    ),
)
_MATTERS = (
    *("医保报销", "异地就医", "社保缴费", "工伤认定", "劳动仲裁", "失业登记", "公积金提取", "公积金贷款", "不动产登记"),
    *("户口迁移", "居住证", "身份证补办", "车辆年检", "违章处理", "供水抢修", "水费", "停电", "燃气开户", "暖气不热"),
    *("违法建设", "垃圾清运", "噪音扰民", "油烟", "学区划分", "转学", "低保申请", "高龄津贴", "婚姻登记", "营业执照"),
    *("消费投诉", "食品安全", "预约挂号", "疫苗接种", "法律援助", "信访答复", "公交线路", "网约车", "个人所得税"),
)


def entries(chance: random.Random) -> tuple[Entry, ...]:
    """``ENTRIES`` of them."""
    made = list(_departments(chance))
    people = range(ENTRIES - len(made))
    return (*made, *(_specialist(chance, number, chance.choice(made[:DEPARTMENTS])) for number in people))


def _departments(chance: random.Random) -> Iterator[Entry]:
    for number in range(DEPARTMENTS):
        office = _OFFICES[number % len(_OFFICES)]
        name = f"{_PLACES[number // len(_OFFICES) % len(_PLACES)]}区{office}{number // 300 or ''}"
        code, topics = f"8{number:03}", tuple(chance.sample(_MATTERS, 6))
        short = f"{name[0]}{office[0]}{office[2]}局"
        yield Entry(code=code, kind=Kind.DEPARTMENT, names=(short, name), department=code, topics=topics)


def _specialist(chance: random.Random, number: int, home: Entry) -> Entry:
    name = chance.choice(_FAMILY) + "".join(chance.sample(_GIVEN, chance.choice((1, 2, 2))))
    matters = chance.sample(home.topics, 2)
    return Entry(
        code=f"7{number:04}",
        kind=Kind.SPECIALIST,
        names=(name,),
        department=home.department,
        department_names=home.names,
        topics=(matters[0], f"{matters[1]}{chance.randrange(40)}"),  # hardly two have the same
        title=chance.choice(("科长", "主任", "专员", "")),
    )


def typed(chance: random.Random, entries: Sequence[Entry], sounds: "dict[str, str]", count: int) -> list[str]:
    """What is asked for while somebody types: each of ``count`` words grows letter by letter. ``sounds``: the line of
    each text, likeliest sound first."""
    asked: list[str] = []
    for _ in range(count):
        entry = chance.choice(entries)
        text = chance.choice((entry.names[0], entry.names[-1], chance.choice(entry.topics)))
        units = [unit.split("|") for unit in sounds[text].split()]
        in_full = "".join(unit[min(1, len(unit) - 1)] for unit in units)
        initials = "".join(unit[min(1, len(unit) - 1)][0] for unit in units)
        word = chance.choice((text, in_full, initials))
        asked += [word[:length] for length in range(1, min(len(word), 12) + 1)]
    return asked
