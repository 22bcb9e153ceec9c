"""Writes dialplans/samples/city/directory.csv: 43 departments and 136 specialists that nobody is.

`python -m tools.sample_directory` prints it; the same seed gives the same file. Names are drawn; the numbers begin
010 0, which no subscriber of China's numbering plan can have (local numbers begin with 2 to 8). A test holds the file
to this.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

from telephony.directory.duty import ALWAYS, DutyRoster
from telephony.directory.entries import Entry
from telephony.directory.entry_sheet import sheet_for
from telephony.directory.roster_text import leave_of, roster_of
from telephony.directory.sheets import csv_of
from telephony.directory.specialists import Code, Department, Specialist

SEED = 12345
_FIRST_CODE = 8100
_DISTRICTS = ("东", "西", "南", "北", "河东", "河西", "城关", "新城", "高新", "临港", "湖滨", "江岸")
_OFFICE = roster_of("周一至周五 08:30-12:00 13:30-17:30; 调休上班日 08:30-12:00 13:30-17:30")
_LONG = roster_of("周一至周五 08:00-20:00; 周六至周日 09:00-17:00; 节假日 09:00-17:00")
_MORNINGS = roster_of("周一至周五 08:30-12:00")
_AFTERNOONS = roster_of("周一至周五 13:30-17:30; 调休上班日 13:30-17:30")
_WEEKENDS = roster_of("周六至周日 09:00-17:00; 节假日 09:00-17:00; 调休上班日 休")
_NIGHTS = roster_of("每天 18:00-08:00; 节假日 全天")

_DEPARTMENTS = """\
人力资源和社会保障局|人社局|6|社会保险 养老保险 工伤认定 失业金 劳动仲裁 社保卡 职称 退休
医疗保障局|医保局|5|医保报销 异地就医 门诊慢特病 生育津贴 医保缴费
公安局|公安局|5|户口 身份证 居住证 出入境 养犬
公安局交通警察支队|交警支队|4|驾驶证 违章处理 车辆年检 电动车上牌
住房和城乡建设局|住建局|5|物业 房屋质量 公租房 维修资金 燃气管理
自然资源和规划局|规自局|4|不动产登记 规划许可 违法建设 测绘
住房公积金管理中心|公积金中心|4|公积金提取 公积金贷款 公积金转移
卫生健康委员会|卫健委|4|预约挂号 疫苗接种 生育登记 医疗纠纷
教育局|教育局|4|义务教育入学 转学 课后服务 校外培训 助学金
民政局|民政局|4|低保 婚姻登记 养老服务 高龄津贴 殡葬
市场监督管理局|市监局|5|营业执照 消费投诉 食品安全 价格 特种设备
城市管理综合执法局|城管局|5|占道经营 垃圾清运 噪音扰民 违法建设 户外广告
生态环境局|环保局|4|空气污染 油烟 噪音 污水排放 辐射
交通运输局|交通局|4|公交线路 出租车 网约车 道路养护
税务局|税务局|3|个人所得税 发票 社保费缴纳 契税
水务局|水务局|3|停水 水质 水费 防汛 排水
供水集团|供水公司|3|停水 水压 水表 水费
供电公司|供电公司|3|停电 电费 电表 充电桩
燃气集团|燃气公司|3|燃气泄漏 燃气费 开户
热力集团|热力公司|3|供暖 暖气费 停暖报修
公共交通集团|公交公司|3|公交卡 班次 失物招领
轨道交通集团|地铁公司|3|地铁 失物招领 票务
退役军人事务局|退役军人局|3|优待证 安置 抚恤
残疾人联合会|残联|3|残疾证 辅助器具 残疾人补贴
妇女联合会|妇联|2|家庭暴力 妇女维权
共青团委员会|团委|2|志愿服务 青少年维权
总工会|工会|3|职工维权 困难职工 疗休养
司法局|司法局|3|法律援助 公证 人民调解
信访局|信访局|3|信访事项 信访答复
财政局|财政局|2|财政补贴 政府采购
发展和改革委员会|发改委|2|价格 节能 重大项目
工业和信息化局|工信局|2|中小企业 通信 技术改造
商务局|商务局|1|以旧换新 预付卡 成品油
文化广电和旅游局|文旅局|3|旅游投诉 景区 图书馆 文物
体育局|体育局|2|体育场馆 全民健身
农业农村局|农业局|3|耕地补贴 农机 动物防疫 宅基地
林业和园林局|园林局|2|树木修剪 公园 野生动物
应急管理局|应急局|2|安全生产 灾害救助
消防救援支队|消防支队|2|消防通道 消防验收
气象局|气象局|2|天气预警 气象证明
邮政管理局|邮管局|2|快递投诉 邮件
行政审批服务局|审批局|3|办事指南 证照 一网通办
大数据管理局|大数据局|2|政务平台 数据开放 健康码"""
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏"
    "程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷单仇解查乐"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文婷雪琳宇浩然子涵"
    "欣怡晨曦嘉瑞思远博雅佳慧俊峰海燕春生长乐重行朝阳"
)
_TITLES = ("政策专员", "科员", "副科长", "科长", "值班员")
_LANGUAGES = ("粤语", "闽南话", "上海话", "客家话", "四川话", "维吾尔语", "藏语", "English", "手语")


def entries(seed: int = SEED, districts: int = 1) -> list[Entry]:
    """The directory of a city; with more ``districts`` every one has the same departments, with codes of six digits."""
    made = [each for district in range(districts) for each in _district(seed, district, districts)]
    return [
        *(each for each in made if isinstance(each, Department)),
        *(each for each in made if isinstance(each, Specialist)),
    ]


def _district(seed: int, district: int, districts: int) -> Iterator[Entry]:
    for at, line in enumerate(_DEPARTMENTS.splitlines()):
        name, short, staff, topics = line.split("|")
        dice = random.Random(f"{seed}/{district}/{name}")
        prefix = (
            f"{_DISTRICTS[district % len(_DISTRICTS)]}{district // len(_DISTRICTS) or ''}区" if districts > 1 else ""
        )
        first = _FIRST_CODE + 10 * at if districts == 1 else 100_000 + district * 1_000 + 10 * at
        words = tuple(topics.split())
        home = Department(
            Code(str(first)),
            f"{prefix}{name}",
            f"{prefix}{short}",
            words,
            (_number(first, 0),),
            _LONG if int(staff) > 3 else _OFFICE,
            at_once=2 if int(staff) > 4 else 1,
        )
        yield home
        for turn in range(1, int(staff) + 1):
            yield _specialist(dice, home, turn, words)


def _specialist(dice: random.Random, home: Department, turn: int, topics: tuple[str, ...]) -> Specialist:
    code = int(home.code) + turn
    return Specialist(
        Code(str(code)),
        dice.choice(_SURNAMES) + "".join(dice.choices(_GIVEN, k=dice.choice((1, 2, 2, 2)))),
        home.code,
        tuple(_number(code, each) for each in range(dice.choice((1, 2, 2, 3)))),
        dice.choice(_TITLES),
        tuple(sorted(dice.sample(topics, k=min(len(topics), dice.randint(1, 3))), key=topics.index)),
        _roster(dice, turn),
        leave_of(f"2026-{dice.randint(10, 12)}-0{dice.randint(1, 9)}至2026-12-{dice.randint(10, 31)}")
        if dice.random() < 0.04
        else (),
        turn * 10,
        dice.choice((0, 0, 0, 15, 25)),
        (dice.choice(_LANGUAGES),) if dice.random() < 0.25 else (),
    )


def _roster(dice: random.Random, turn: int) -> DutyRoster | None:
    """Mostly the department's; whoever is first always has that."""
    if turn == 1 or dice.random() < 0.7:
        return None
    return dice.choice((_MORNINGS, _AFTERNOONS, _WEEKENDS, _NIGHTS, ALWAYS))


def _number(code: int, turn: int) -> str:
    return f"010000{turn}{code % 10_000:04}" if code < 10_000 else f"0100{turn}{code:06}"


if __name__ == "__main__":
    sys.stdout.buffer.write(csv_of(*sheet_for(entries())))
